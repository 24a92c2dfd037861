"""Every kustomization renders, and what it renders is right: hardened pods, few rights, no stray field."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from kubernetes.client import ApiClient  # type: ignore[import-untyped]

from autogan_kubeflow.components.katib_experiments import EXPERIMENTS, IMAGE
from autogan_kubeflow.components.katib_experiments.trial_pod import KEY_FOLDER
from autogan_kubeflow.components.manifest_checks import check_document

MANIFESTS = Path(__file__).parents[2] / "manifests"
OVERLAYS = ("gpu", "cpu-smoke", "gcs-workload-identity", "gcs-key-secret")
RENDERED = (*(f"overlays/{name}" for name in OVERLAYS), "base", "jobs", "experiments", "trainer", "recurring")
DIGEST = "sha256:" + "0123456789abcdef" * 4

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl, which holds kustomize, is missing")


def kustomize(folder: Path) -> list[dict[str, Any]]:
    """The objects that a kustomization renders to."""
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return list(yaml.safe_load_all(done.stdout))


@cache
def rendered(folder: str) -> list[dict[str, Any]]:
    """Like `kustomize`, of a folder of the manifests, once for all tests."""
    return kustomize(MANIFESTS / folder)


def named(folder: str, kind: str, name: str) -> dict[str, Any]:
    """One of the rendered objects."""
    [found] = [o for o in rendered(folder) if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return found


def images(tree: Any) -> Iterator[str]:
    """Every image that is named anywhere in a tree."""
    if isinstance(tree, dict):
        yield from [tree["image"]] if isinstance(tree.get("image"), str) else []
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from images(inner)


@pytest.mark.parametrize("folder", RENDERED)
def test_rendered_objects_pass_the_check(folder: str) -> None:
    """Kustomize loses nothing that the checks ask for, and every object but the namespace says where it belongs."""
    objects = rendered(folder)
    assert [problem for document in objects for problem in check_document(document)] == []
    assert {o["metadata"].get("namespace") for o in objects if o["kind"] != "Namespace"} == {"autogan"}


@pytest.mark.parametrize("folder", RENDERED)
def test_rendered_objects_have_no_unknown_fields(folder: str) -> None:
    """The Kubernetes client reads each object, and each trial's job or pod, and writes back all that it read."""
    for document in rendered(folder):
        if document["kind"] == "Experiment":
            job = document["spec"]["trialTemplate"]["trialSpec"]["spec"]
            for replica in job.get("pytorchReplicaSpecs", {}).values():
                _assert_known(replica["template"], "V1PodTemplateSpec")
        elif document["kind"] == "TrainingRuntime":
            [job] = document["spec"]["template"]["spec"]["replicatedJobs"]
            _assert_known(job["template"], "V1JobTemplateSpec")
        else:
            _assert_known(document, f"V1{document['kind']}")


def _assert_known(tree: dict[str, Any], model: str) -> None:
    client = ApiClient()
    read = client.deserialize(SimpleNamespace(data=json.dumps(tree)), model)
    assert client.sanitize_for_serialization(read) == tree


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlays_are_whole_installations(overlay: str) -> None:
    """Each has the namespace that Katib watches, the three accounts, the settings and the job, and starts no search."""
    folder = f"overlays/{overlay}"
    labels = named(folder, "Namespace", "autogan")["metadata"]["labels"]
    assert labels["katib.kubeflow.org/metrics-collector-injection"] == "enabled"
    accounts = {o["metadata"]["name"] for o in rendered(folder) if o["kind"] == "ServiceAccount"}
    assert accounts == {"autogan-suggestion", "autogan-trial", "autogan-pipeline"}
    assert {"AUTOGAN_STORE", "AUTOGAN_DB_MANAGER"} <= named(folder, "ConfigMap", "autogan")["data"].keys()
    assert named(folder, "Job", "prepare-data")
    assert not [o for o in rendered(folder) if o["kind"] == "Experiment"]


def test_overlays_differ_as_they_say() -> None:
    """Preset, device and credentials are those of the overlay's name."""
    presets = {o: named(f"overlays/{o}", "ConfigMap", "autogan")["data"]["AUTOGAN_PRESET"] for o in OVERLAYS}
    assert presets == {o: "digits" if o == "cpu-smoke" else "cifar10" for o in OVERLAYS}
    for overlay in OVERLAYS:
        [container] = named(f"overlays/{overlay}", "Job", "prepare-data")["spec"]["template"]["spec"]["containers"]
        env = {item["name"]: item["value"] for item in container["env"]}
        gpu = overlay != "cpu-smoke"
        assert env["AUTOGAN_DEVICE"] == ("cuda" if gpu else "cpu")
        assert ("nvidia.com/gpu" in container["resources"]["limits"]) == gpu


def test_workload_identity_names_an_account() -> None:
    """Trials and pipelines act as a Google account, suggestions do not, and the metadata server can be reached."""
    folder = "overlays/gcs-workload-identity"
    annotated = {
        name: "iam.gke.io/gcp-service-account"
        in named(folder, "ServiceAccount", name)["metadata"].get("annotations", {})
        for name in ("autogan-trial", "autogan-pipeline", "autogan-suggestion")
    }
    assert annotated == {"autogan-trial": True, "autogan-pipeline": True, "autogan-suggestion": False}
    assert named(folder, "NetworkPolicy", "metadata-server")
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in named(folder, "ConfigMap", "autogan")["data"]


def test_key_secret_lies_where_trials_mount_it() -> None:
    """The settings name a file in the folder that trials and the job mount; no secret is in the repository."""
    folder = "overlays/gcs-key-secret"
    path = named(folder, "ConfigMap", "autogan")["data"]["GOOGLE_APPLICATION_CREDENTIALS"]
    assert path == f"{KEY_FOLDER}/key.json"
    [container] = named(folder, "Job", "prepare-data")["spec"]["template"]["spec"]["containers"]
    assert KEY_FOLDER in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert not [o for o in rendered(folder) if o["kind"] == "Secret"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_rights_are_named_one_by_one(overlay: str) -> None:
    """One role, in one namespace, without wildcards, secrets or rights of the trials."""
    objects = rendered(f"overlays/{overlay}")
    assert not [o for o in objects if o["kind"].startswith("ClusterRole")]
    rules = [rule for o in objects if o["kind"] == "Role" for rule in o["rules"]]
    granted = {(r, verb) for rule in rules for r in rule["resources"] for verb in rule["verbs"]}
    assert granted == {
        *(("experiments", verb) for verb in ("create", "get", "list", "watch", "delete")),
        *(("trials", verb) for verb in ("get", "list")),
        ("suggestions", "get"),
    }
    bound = [subject["name"] for o in objects if o["kind"] == "RoleBinding" for subject in o["subjects"]]
    assert bound == ["autogan-pipeline"]
    for name in ("autogan-trial", "autogan-suggestion"):
        assert named(f"overlays/{overlay}", "ServiceAccount", name)["automountServiceAccountToken"] is False


def test_network_is_closed_but_for_what_is_needed() -> None:
    """No ingress by default; suggestions are called at 6789 and call nobody; trials reach names, metrics, storage."""
    deny = named("base", "NetworkPolicy", "deny-ingress")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress"]}
    suggestion = named("base", "NetworkPolicy", "suggestion")["spec"]
    assert suggestion["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 6789}]
    assert not suggestion.get("egress") and "Egress" in suggestion["policyTypes"]
    egress = named("base", "NetworkPolicy", "storage-and-metrics")["spec"]["egress"]
    assert sorted({port["port"] for rule in egress for port in rule["ports"]}) == [53, 443, 6789]


@pytest.mark.parametrize("folder", ["overlays/gpu", "experiments", "trainer"])
def test_registry_and_digest_reach_every_pod(folder: str, tmp_path: Path) -> None:
    """What is written into ``images/`` replaces every image, those inside Experiments and runtimes too."""
    copy = tmp_path / "manifests"
    shutil.copytree(MANIFESTS, copy)
    path = copy / "images" / "kustomization.yaml"
    component = yaml.safe_load(path.read_text())
    [entry] = component["images"]
    component["images"] = [{"name": entry["name"], "newName": "registry.test/team/autogan", "digest": DIGEST}]
    path.write_text(yaml.safe_dump(component))
    objects = kustomize(copy / folder)
    expected = len(EXPERIMENTS) if folder == "experiments" else 1
    assert list(images(objects)) == [f"registry.test/team/autogan@{DIGEST}"] * expected
    assert [problem for document in objects for problem in check_document(document)] == []


def test_images_component_keeps_the_builders_image() -> None:
    """As it stands in the repository it changes nothing, so that ``kubectl apply -f`` and ``-k`` agree."""
    assert {image for folder in ("experiments", "trainer", "jobs") for image in images(rendered(folder))} == {IMAGE}
