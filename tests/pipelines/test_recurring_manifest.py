"""The weekly transfer evaluation for GitOps: what is rendered is hardened, and what its pod runs submits a run."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kfp
import pytest
import yaml
from kubernetes.client import ApiClient  # type: ignore[import-untyped]

from autogan_kubeflow.components.katib_experiments import IMAGE
from autogan_kubeflow.components.manifest_checks.pods import check_pod
from autogan_kubeflow.pipelines.cli.main import main as cli
from autogan_kubeflow.pipelines.parameters import read_arguments
from autogan_kubeflow.pipelines.remote.connection import TOKEN_FILE_ENV
from autogan_kubeflow.pipelines.remote.rest import HOST_ENV
from tests.pipelines.fake_kfp_api import FakeKfp

MANIFESTS = Path(__file__).parents[2] / "manifests"
TEAM_IMAGE = "registry.test/team/runtime@sha256:" + "0" * 64

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl, which holds kustomize, is missing")


def kustomize(folder: Path) -> dict[str, dict[str, Any]]:
    """The objects that a kustomization renders to, by kind and name."""
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return {f"{o['kind']}/{o['metadata']['name']}": o for o in yaml.safe_load_all(done.stdout)}


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    """What the repository's manifest renders to."""
    return kustomize(MANIFESTS / "recurring")


def pod(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The template of the pod that submits."""
    template: dict[str, Any] = objects["CronJob/transfer-evaluation"]["spec"]["jobTemplate"]["spec"]["template"]
    return template


def test_it_fires_weekly_and_never_piles_up(objects: dict[str, dict[str, Any]]) -> None:
    """Five fields in a zone that is said; one submission at a time, bounded in time, tries and history."""
    spec = objects["CronJob/transfer-evaluation"]["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("0 3 * * 1", "Etc/UTC", "Forbid")
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (3, 900)
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (1, 3)


def test_the_pod_is_hardened(objects: dict[str, dict[str, Any]]) -> None:
    """The checks of our other pods find nothing in any container, and no token of the API server is mounted."""
    assert list(check_pod(pod(objects), "pod")) == []
    assert pod(objects)["spec"]["automountServiceAccountToken"] is False
    assert objects["ServiceAccount/autogan-recurring"]["automountServiceAccountToken"] is False


def test_there_are_no_unknown_fields(objects: dict[str, dict[str, Any]]) -> None:
    """The Kubernetes client reads each object and writes back all that it read."""
    client = ApiClient()
    for document in objects.values():
        read = client.deserialize(SimpleNamespace(data=json.dumps(document)), f"V1{document['kind']}")
        assert client.sanitize_for_serialization(read) == document


def test_rights_are_those_of_submitting(objects: dict[str, dict[str, Any]]) -> None:
    """Only what Kubeflow Pipelines asks for where it serves several users; the Role is the pod's account's."""
    granted = {
        (group, resource, verb)
        for rule in objects["Role/autogan-recurring"]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    experiments = {("experiments", verb) for verb in ("create", "get", "list")}
    assert granted == {("pipelines.kubeflow.org", *right) for right in {*experiments, ("runs", "create")}}
    [subject] = objects["RoleBinding/autogan-recurring"]["subjects"]
    assert subject["name"] == pod(objects)["spec"]["serviceAccountName"] == "autogan-recurring"


def test_no_policy_of_the_namespace_keeps_it_from_connecting(objects: dict[str, dict[str, Any]]) -> None:
    """Every policy of the base that limits egress selects other pods, so that it needs none of its own."""
    labels = pod(objects)["metadata"]["labels"]
    policies = [o["spec"] for o in kustomize(MANIFESTS / "base").values() if o["kind"] == "NetworkPolicy"]
    egress = [policy["podSelector"] for policy in policies if "Egress" in policy["policyTypes"]]
    assert egress and not [selector for selector in egress if _selects(selector, labels)]
    assert _selects({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {"a": "b"})


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    tests = [labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()]
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] in ("In", "Exists")
        present = expression["key"] in labels
        tests.append(present and labels[expression["key"]] in expression.get("values", labels.values()))
    return all(tests)


@pytest.mark.parametrize("overlay", ["gpu", "cpu-smoke", "gcs-workload-identity", "gcs-key-secret"])
def test_no_overlay_schedules_anything(overlay: str) -> None:
    """It is applied by itself."""
    assert not [name for name in kustomize(MANIFESTS / "overlays" / overlay) if "recurring" in name or "Cron" in name]


def test_profile_and_image_are_written_in_one_place_each(tmp_path: Path) -> None:
    """The namespace reaches account and binding, the image both containers and the pipeline that is compiled."""
    copy = tmp_path / "manifests"
    shutil.copytree(MANIFESTS, copy)
    images, own = copy / "images" / "kustomization.yaml", copy / "recurring" / "kustomization.yaml"
    component = yaml.safe_load(images.read_text())
    name, digest = TEAM_IMAGE.split("@")
    component["images"] = [{"name": IMAGE.split(":")[0], "newName": name, "digest": digest}]
    images.write_text(yaml.safe_dump(component))
    own.write_text(own.read_text().replace("namespace: autogan", "namespace: team-a"))
    objects = kustomize(copy / "recurring")
    assert {o["metadata"]["namespace"] for o in objects.values()} == {"team-a"}
    assert objects["RoleBinding/autogan-recurring"]["subjects"][0]["namespace"] == "team-a"
    [compiling], [submitting] = pod(objects)["spec"]["initContainers"], pod(objects)["spec"]["containers"]
    assert compiling["image"] == submitting["image"] == TEAM_IMAGE
    assert compiling["args"][3:5] == ["--image", TEAM_IMAGE]


@pytest.mark.parametrize("multi_user", [False, True])
def test_what_the_pod_runs_submits_a_run(
    multi_user: bool,
    objects: dict[str, dict[str, Any]],
    host: str,
    fake: FakeKfp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both containers' commands, with their variables and mounts brought here, start one run of the compiled pipeline,
    as the pod's account and, where there are several users, in the pod's namespace."""
    [compiling], [submitting] = pod(objects)["spec"]["initContainers"], pod(objects)["spec"]["containers"]
    variables = {variable["name"]: variable["value"] for variable in submitting["env"]}
    token, namespace = _mounted(pod(objects)["spec"], submitting)
    assert (variables[TOKEN_FILE_ENV], kfp.Client._NAMESPACE_PATH) == (token, namespace)
    assert variables[HOST_ENV] == "http://ml-pipeline.kubeflow:8888"
    fake.multi_user, fake.token = multi_user, "projected"
    (tmp_path / "token").write_text("projected\n")
    (tmp_path / "namespace").write_text("team-a")
    monkeypatch.setenv(HOST_ENV, host)
    monkeypatch.setenv(TOKEN_FILE_ENV, str(tmp_path / "token"))
    monkeypatch.setattr(kfp.Client, "_NAMESPACE_PATH", str(tmp_path / "namespace"))
    for container in (compiling, submitting):
        assert container["command"] == ["python", "-m", "pipelines.cli"]
        _call([argument.replace("/tmp", str(tmp_path)) for argument in container["args"]], monkeypatch)
    [run], [experiment] = fake.runs, fake.experiments
    assert (experiment["display_name"], run.get("namespace") or None) == ("autogan", "team-a" if multi_user else None)
    assert run["runtime_config"]["parameters"] == {"architectures": "paper-top1", "settings_preset": "stl10"}
    assert IMAGE in json.dumps(run["pipeline_spec"])


def _mounted(spec: dict[str, Any], container: dict[str, Any]) -> tuple[str, str]:
    """Where the container finds its token for Kubeflow Pipelines, and the name of its namespace."""
    folders = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    [source] = volumes["pipelines-token"]["projected"]["sources"]
    assert source["serviceAccountToken"]["audience"] == "pipelines.kubeflow.org"
    [item] = volumes["namespace"]["downwardAPI"]["items"]
    assert item["fieldRef"] == {"fieldPath": "metadata.namespace"}
    token = f"{folders['pipelines-token']}/{source['serviceAccountToken']['path']}"
    return token, f"{folders['namespace']}/{item['path']}"


def _call(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["autogan", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli()
    assert not stopped.value.code


def test_its_parameters_are_the_pipeline_s(objects: dict[str, dict[str, Any]]) -> None:
    """Each is one of the form, with a value that the form takes."""
    [submitting] = pod(objects)["spec"]["containers"]
    given = [argument.removeprefix("--param=") for argument in submitting["args"] if argument.startswith("--param=")]
    assert set(read_arguments("transfer-evaluation", given)) == {"architectures", "settings_preset"}
