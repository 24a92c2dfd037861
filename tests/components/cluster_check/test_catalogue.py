"""Each check made to fail and to pass, and what happens where the user may not look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from autogan_kubeflow.components.cluster_check.base.cluster import KATIB, RBAC, Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Verdict
from autogan_kubeflow.components.cluster_check.catalogue import count
from autogan_kubeflow.components.cluster_check.checks.namespace import INJECTION, LABELS, POLICIES
from autogan_kubeflow.components.cluster_check.checks.rights import ACCOUNTS, RULES, TOKENLESS
from autogan_kubeflow.components.exit_status import ClusterUnavailableError
from autogan_kubeflow.components.katib_search.errors import ClusterAccessError
from autogan_kubeflow.components.registration.katib_config import KEY
from tests.components.cluster_check.api_server import ApiServer
from tests.components.cluster_check.conftest import (
    AUTOGAN,
    BASE,
    DEPLOYMENTS,
    FOLDERS,
    KATIB_CONFIG,
    KUBEFLOW,
    PYTORCH_CRD,
    SUGGESTION_IMAGE,
    Look,
    deploy,
    experiment,
    install_pipelines,
    row,
    rows,
)
from tests.components.katib_configs import MARSHALLED_019

Break = Callable[[ApiServer], Any]
CHECK = "autogan_kubeflow.components.cluster_check"
QUOTAS = f"{AUTOGAN}/resourcequotas"
NODE = "/api/v1/nodes/a"
ON_ERROR = "{spec: {templateDefaults: {retryStrategy: {limit: '2', retryPolicy: OnError}}}}"
"""In Argo's configuration, as Kubeflow Pipelines 2.17 installs it."""


def settings(server: ApiServer, **values: str) -> None:
    server.objects[f"{AUTOGAN}/configmaps/autogan"]["data"] |= values


def label_node(server: ApiServer, **labels: str | None) -> None:
    found = server.objects[NODE]["metadata"]["labels"]
    for key, value in labels.items():
        name = "nvidia.com/" + key.replace("__", "-").replace("_", ".")
        found.pop(name, None)
        if value is not None:
            found[name] = value


def quota(server: ApiServer, hard: dict[str, str], used: dict[str, str] | None = None) -> None:
    server.put(f"{QUOTAS}/q", status={"hard": hard, "used": used or {}})


def limit(server: ApiServer, **bounds: dict[str, str]) -> None:
    server.put(f"{AUTOGAN}/limitranges/l", spec={"limits": [{"type": "Container", **bounds}]})


def job(server: ApiServer, name: str, ended: str | None, folder: str = "autogan") -> None:
    conditions = [{"type": ended, "status": "True"}] if ended else []
    server.put(
        f"/apis/batch/v1/namespaces/{folder}/jobs/{name}",
        metadata={"labels": {"app.kubernetes.io/part-of": "autogan-kubeflow"}},
        status={"conditions": conditions},
    )


def service(server: ApiServer, name: str, image: str) -> None:
    made = deploy(server, f"{name}-autogan", image, namespace="autogan")
    made["metadata"]["ownerReferences"] = [{"kind": "Suggestion", "name": name}]


def unregister(server: ApiServer) -> None:
    server.objects[KATIB_CONFIG]["data"][KEY] = MARSHALLED_019


def edit_config(server: ApiServer, old: str, new: str) -> None:
    text = server.objects[KATIB_CONFIG]["data"][KEY]
    assert old in text
    server.objects[KATIB_CONFIG]["data"][KEY] = text.replace(old, new)


def start_controller_before(server: ApiServer) -> None:
    server.objects[PYTORCH_CRD]["metadata"]["creationTimestamp"] = "2026-01-01T00:02:00Z"


def scale_to_zero(server: ApiServer, name: str) -> None:
    made = deploy(server, name, f"x/{name}:v0.19.0", ready=0)
    made["spec"]["replicas"] = 0


def retry_strategy(server: ApiServer, key: str, text: str) -> None:
    server.put(f"{KUBEFLOW}/configmaps/workflow-controller-configmap", data={key: text})


def both(*spoils: Break) -> Break:
    def spoil(server: ApiServer) -> None:
        for each in spoils:
            each(server)

    return spoil


def stuck(server: ApiServer, **metadata: Any) -> None:
    experiment(server, "old", deletionTimestamp="2026-01-01T00:00:00Z", **metadata)


# name: break, subject, verdict, words of what is seen, words of the remedy
BROKEN: dict[str, tuple[Break, str, Verdict, str, str]] = {
    "old Kubernetes": (
        lambda s: s.put("/version", gitVersion="v1.25.3"),
        "Kubernetes",
        Verdict.missing,
        "v1.25.3",
        "1.26 or newer",
    ),
    "no Katib": (
        lambda s: s.objects.pop(f"{DEPLOYMENTS}/katib-controller"),
        "Katib",
        Verdict.missing,
        "no deployment katib-controller in kubeflow",
        "kubectl apply -k",
    ),
    "old Katib": (
        lambda s: deploy(s, "katib-controller", "docker.io/kubeflowkatib/katib-controller:v0.17.0"),
        "Katib",
        Verdict.missing,
        "v0.17.0",
        "# upgrade to 0.18 to 0.19\nkubectl apply -k",
    ),
    "new Katib": (
        lambda s: deploy(s, "katib-controller", "x/katib-controller:v0.20.1@sha256:" + "0" * 64),
        "Katib",
        Verdict.warning,
        "v0.20.1, newer than what was tried (0.18 to 0.19)",
        "",
    ),
    "Katib down": (
        lambda s: deploy(s, "katib-controller", "x/katib-controller:v0.19.0", ready=0),
        "Katib",
        Verdict.missing,
        "katib-controller has no ready pod",
        "kubectl describe deployment katib-controller --namespace kubeflow",
    ),
    "training operator scaled to 0": (
        lambda s: scale_to_zero(s, "training-operator"),
        "training operator",
        Verdict.missing,
        "training-operator is scaled to 0",
        "kubectl scale deployment training-operator --namespace kubeflow --replicas 1",
    ),
    "old training operator": (
        lambda s: s.put(PYTORCH_CRD, metadata={"creationTimestamp": "2026-01-01T00:00:00Z"}),
        "training operator",
        Verdict.missing,
        "v1-5170a36, older than 1.9",
        "kubectl apply --server-side -k",
    ),
    "no trials": (
        lambda s: s.put(KATIB, resources=[{"name": "experiments"}]),
        "experiments, suggestions, trials",
        Verdict.missing,
        "does not know suggestions, trials",
        "kubectl apply -k",
    ),
    "no PyTorchJob": (
        lambda s: s.objects.pop("/apis/kubeflow.org/v1"),
        "pytorchjobs",
        Verdict.missing,
        "does not know pytorchjobs",
        "training-operator.git",
    ),
    "PyTorchJob after Katib": (
        start_controller_before,
        "order of installation",
        Verdict.missing,
        "PyTorchJob came after katib-controller",
        "kubectl rollout restart deployment/katib-controller --namespace kubeflow",
    ),
    "webhook without Katib": (
        lambda s: scale_to_zero(s, "katib-controller"),
        "Katib's webhook",
        Verdict.missing,
        "no pod can be made there",
        "kubectl delete mutatingwebhookconfiguration katib.kubeflow.org",
    ),
    "not registered": (
        unregister,
        "algorithm autogan",
        Verdict.missing,
        "not registered",
        "autogan katib register --image REGISTRY/suggestion:TAG",
    ),
    "not registered, Experiments": (
        both(unregister, lambda s: experiment(s, "mlas-smoke")),
        "algorithm autogan",
        Verdict.missing,
        "not registered, though Experiments of it exist (autogan/mlas-smoke): they can neither go on nor be deleted",
        "autogan katib register",
    ),
    "registered in other words": (
        lambda s: edit_config(s, "memory: 1Gi", "memory: 2Gi"),
        "algorithm autogan",
        Verdict.warning,
        f"registered with {SUGGESTION_IMAGE}, in other words than this version's (resources)",
        f"autogan katib register --image {SUGGESTION_IMAGE}",
    ),
    "registered by a tag that moves": (
        lambda s: edit_config(s, SUGGESTION_IMAGE, "x/suggestion:latest"),
        "algorithm autogan",
        Verdict.warning,
        "has no fixed tag",
        "autogan katib register",
    ),
    "no katib-config": (
        lambda s: s.objects.pop(KATIB_CONFIG),
        "algorithm autogan",
        Verdict.missing,
        "no ConfigMap katib-config",
        "kubectl apply -k",
    ),
    "katib-config is no YAML": (
        lambda s: s.objects[KATIB_CONFIG]["data"].update({KEY: "a: ["}),
        "algorithm autogan",
        Verdict.missing,
        "not valid YAML",
        "",
    ),
    "Katib does not watch PyTorchJobs": (
        lambda s: edit_config(s, "    - PyTorchJob.v1.kubeflow.org\n", ""),
        "kinds of trials",
        Verdict.missing,
        "does not list PyTorchJob.v1.kubeflow.org",
        "kubectl edit configmap katib-config --namespace kubeflow",
    ),
    "an old suggestion service": (
        lambda s: service(s, "mlas-smoke", "old:1"),
        "suggestion service of mlas-smoke",
        Verdict.warning,
        f"runs old:1, not the registered {SUGGESTION_IMAGE}",
        "kubectl delete experiment mlas-smoke --namespace autogan",
    ),
    "an Experiment that cannot go": (
        both(unregister, stuck),
        "experiment autogan/old",
        Verdict.missing,
        "cannot be deleted while its algorithm is not registered",
        "kubectl annotate experiment old --namespace autogan --overwrite",
    ),
    "an Experiment that does not go": (
        stuck,
        "experiment autogan/old",
        Verdict.missing,
        "does not go",
        "kubectl annotate experiment old",
    ),
    "an Experiment deleted in the foreground": (
        lambda s: stuck(s, finalizers=["update-prometheus-metrics", "foregroundDeletion"]),
        "experiment autogan/old",
        Verdict.missing,
        "in the foreground",
        'kubectl patch suggestion old --namespace autogan --type merge --patch \'{"metadata": {"finalizers": null}}\'',
    ),
    "no namespace": (
        lambda s: s.objects.pop(AUTOGAN),
        "namespace autogan",
        Verdict.missing,
        "there is none",
        "kubectl apply -f manifests/base/namespace.yaml",
    ),
    "no label": (
        lambda s: s.objects[AUTOGAN]["metadata"]["labels"].pop(INJECTION),
        "namespace autogan",
        Verdict.missing,
        f"has no label {INJECTION}=enabled",
        f"kubectl label namespace autogan --overwrite {INJECTION}=enabled",
    ),
    "namespace going": (
        lambda s: s.objects[AUTOGAN]["metadata"].update(deletionTimestamp="2026-01-01T00:00:00Z"),
        "namespace autogan",
        Verdict.missing,
        "is being deleted",
        "kubectl get experiments",
    ),
    "restricted": (
        lambda s: s.objects[AUTOGAN]["metadata"]["labels"].update({"pod-security.kubernetes.io/enforce": "restricted"}),
        "Pod Security",
        Verdict.warning,
        "enforces restricted",
        "enforce=baseline",
    ),
    "no ConfigMap": (
        lambda s: s.objects.pop(f"{AUTOGAN}/configmaps/autogan"),
        "ConfigMap autogan",
        Verdict.missing,
        "there is none",
        "kubectl apply -k manifests/overlays/cpu-smoke",
    ),
    "YOUR-BUCKET": (
        lambda s: settings(s, AUTOGAN_STORE="gs://YOUR-BUCKET/autogan"),
        "ConfigMap autogan",
        Verdict.missing,
        "the bucket was never written into it",
        "kubectl patch configmap autogan --namespace autogan --type merge",
    ),
    "a misspelt store": (
        lambda s: settings(s, AUTOGAN_STORE="gs:/bucket/x"),
        "ConfigMap autogan",
        Verdict.missing,
        "AUTOGAN_STORE is gs:/bucket/x, which is misspelt; write gs://bucket/x",
        "kubectl patch",
    ),
    "no store": (
        lambda s: settings(s, AUTOGAN_STORE=""),
        "ConfigMap autogan",
        Verdict.missing,
        "has no AUTOGAN_STORE",
        "gs://BUCKET/PREFIX",
    ),
    "a folder": (
        lambda s: settings(s, AUTOGAN_STORE="/data"),
        "ConfigMap autogan",
        Verdict.warning,
        "which is no bucket",
        "kubectl patch",
    ),
    "no database manager": (
        lambda s: settings(s, AUTOGAN_DB_MANAGER=""),
        "AUTOGAN_DB_MANAGER",
        Verdict.missing,
        "is ''",
        "katib-db-manager.kubeflow:6789",
    ),
    "another database manager": (
        lambda s: settings(s, AUTOGAN_DB_MANAGER="db.elsewhere:6789"),
        "AUTOGAN_DB_MANAGER",
        Verdict.missing,
        "no service db in elsewhere",
        "kubectl get services",
    ),
    "no key": (
        lambda s: settings(s, GOOGLE_APPLICATION_CREDENTIALS="/key.json"),
        "secret autogan-gcs-key",
        Verdict.missing,
        "there is none",
        "kubectl create secret generic autogan-gcs-key --namespace autogan",
    ),
    "no policy for the suggestion service": (
        lambda s: s.objects.pop(f"{FOLDERS['NetworkPolicy']}/suggestion"),
        "network policies",
        Verdict.missing,
        "suggestion: Katib's controller cannot call",
        "kubectl apply -f manifests/base/network.yaml",
    ),
    "no policy for trials' storage": (
        lambda s: s.objects.pop(f"{FOLDERS['NetworkPolicy']}/storage-and-metrics"),
        "network policies",
        Verdict.warning,
        "storage-and-metrics: trials may connect to anything",
        "kubectl apply -f manifests/base/network.yaml",
    ),
    "no account": (
        lambda s: s.objects.pop(f"{AUTOGAN}/serviceaccounts/autogan-trial"),
        "accounts",
        Verdict.missing,
        "missing: autogan-trial",
        "kubectl apply -f manifests/base/accounts.yaml",
    ),
    "no rights for pipelines": (
        lambda s: s.objects.pop(f"{RBAC}/namespaces/autogan/rolebindings/autogan-pipeline"),
        "rights of autogan/autogan-pipeline",
        Verdict.missing,
        "may not create, get, list, watch, delete experiments; get, list trials; get suggestions in autogan",
        "kubectl apply -f manifests/base/accounts.yaml",
    ),
    "you may not register": (
        lambda s: s.denied.add("update configmaps"),
        "you",
        Verdict.warning,
        "may not register the algorithm: update configmaps in kubeflow",
        "ask an administrator",
    ),
    "a small quota": (
        lambda s: quota(s, {"requests.cpu": "1"}),
        "quota autogan/q",
        Verdict.missing,
        "too small for mlas-smoke: requests.cpu 1.5 of at most 1",
        "kubectl patch resourcequota q --namespace autogan --type merge --patch "
        '\'{"spec": {"hard": {"requests.cpu": "1.5"}}}\'',
    ),
    "a quota on limits": (
        lambda s: quota(s, {"limits.memory": "2Gi", "pods": "10"}),
        "quota autogan/q",
        Verdict.missing,
        "too small for mlas-smoke: limits.memory 3Gi of at most 2Gi",
        "kubectl patch resourcequota q",
    ),
    "a quota in use": (
        lambda s: quota(s, {"pods": "4"}, {"pods": "3"}),
        "quota autogan/q",
        Verdict.note,
        "no room for mlas-smoke beside what runs now: pods 2, 1 left",
        "",
    ),
    "a quota without GPUs": (
        lambda s: quota(s, {"requests.nvidia.com/gpu": "0"}),
        "quota autogan/q",
        Verdict.warning,
        "too small for a search on GPUs: requests.nvidia.com/gpu 1 of at most 0",
        "kubectl patch resourcequota q",
    ),
    "small limits": (
        lambda s: limit(s, max={"memory": "1Gi"}),
        "limits autogan/l",
        Verdict.missing,
        "forbids pods of mlas-smoke: memory 2Gi, max 1Gi",
        "kubectl edit limitrange l --namespace autogan",
    ),
    "large minima": (
        lambda s: limit(s, min={"cpu": "1"}),
        "limits autogan/l",
        Verdict.missing,
        "forbids pods of mlas-smoke: cpu 0.5, min 1",
        "kubectl edit limitrange l",
    ),
    "small nodes": (
        lambda s: s.put(NODE, status={"allocatable": {"cpu": "900m", "memory": "4Gi"}}),
        "nodes for mlas-smoke",
        Verdict.missing,
        "none of 1 has 1 cpu, 2Gi memory to give",
        "kubectl describe nodes",
    ),
    "full nodes": (
        lambda s: s.put(
            f"{AUTOGAN}/pods/p",
            spec={"nodeName": "a", "containers": [{"resources": {"requests": {"cpu": "15500m"}}}]},
            status={"phase": "Running"},
        ),
        "nodes for mlas-smoke",
        Verdict.warning,
        "1 cpu, 2Gi memory has to wait: 1 of 1 could take it, and at most 0.5 cpu, 64Gi memory is free now",
        "kubectl describe nodes",
    ),
    "no GPUs": (
        lambda s: s.put(NODE, status={"allocatable": {"cpu": "8", "memory": "32Gi"}}),
        "GPUs",
        Verdict.warning,
        "no node has any to give",
        "device plugin",
    ),
    "an old driver": (
        lambda s: label_node(s, cuda_driver__version_major="535"),
        "CUDA",
        Verdict.missing,
        "the image's 13.2 needs driver 580 and compute capability 7.5 or newer; a: driver 535",
        "driver 580",
    ),
    "a driver in words": (
        lambda s: label_node(s, cuda_driver__version_major="unknown"),
        "CUDA",
        Verdict.note,
        "a has no label that tells the driver",
        "GPU feature discovery",
    ),
    "an old GPU": (
        lambda s: label_node(s, gpu_compute_major="7", gpu_compute_minor="0"),
        "CUDA",
        Verdict.missing,
        "a: compute capability 7.0",
        "compute capability 7.5",
    ),
    "a driver that does not tell": (
        lambda s: label_node(s, cuda_driver__version_major=None),
        "CUDA",
        Verdict.note,
        "a has no label that tells the driver",
        "GPU feature discovery",
    ),
    "a finished Job": (
        lambda s: job(s, "prepare-data", "Complete"),
        "job prepare-data",
        Verdict.note,
        "has finished",
        "kubectl delete job prepare-data --namespace autogan",
    ),
    "a failed Job": (
        lambda s: job(s, "prepare-data", "Failed"),
        "job prepare-data",
        Verdict.warning,
        "has failed",
        "kubectl logs --namespace autogan job/prepare-data",
    ),
    "registration objects": (
        lambda s: s.put(f"{RBAC}/namespaces/kubeflow/roles/autogan-registration"),
        "registration in kubeflow",
        Verdict.note,
        "its role autogan-registration may go",
        "kubectl delete -k manifests/katib/add",
    ),
    "service of an ended Experiment": (
        both(lambda s: experiment(s, "done", ended="Succeeded"), lambda s: service(s, "done", SUGGESTION_IMAGE)),
        "suggestion services",
        Verdict.note,
        "1 of ended Experiments hold half a CPU each (done)",
        "kubectl delete experiment done --namespace autogan",
    ),
    "an orphan": (
        lambda s: experiment(s, "lost", annotations={"autogan-kubeflow/owner": "gs://bucket/p/runs/x"}),
        "experiment autogan/lost",
        Verdict.warning,
        "runs for gs://bucket/p/runs/x, but no pipeline runs in kubeflow",
        "kubectl delete experiment lost --namespace autogan",
    ),
}


def test_all_is_well(server: ApiServer, look: Look) -> None:
    """Nothing is missing, nothing to look at, and nothing in the cluster was changed."""
    topics = look()
    assert [f for topic in topics for f in topic.findings if f.verdict not in (Verdict.ok, Verdict.note)] == []
    assert count(topics, Verdict.ok) >= 20
    assert server.changes == []


@pytest.mark.parametrize(("spoil", "subject", "verdict", "seen", "remedy"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_found(
    server: ApiServer, look: Look, spoil: Break, subject: str, verdict: Verdict, seen: str, remedy: str
) -> None:
    """The one thing is told with what is there and what mends it; before, it was well."""
    before = rows(look(), subject)
    assert all(each.verdict in (Verdict.ok, Verdict.note) and seen not in each.seen for each in before)
    spoil(server)
    found = [each for each in rows(look(), subject) if each.verdict is verdict]
    assert seen in found[0].seen
    assert remedy in "\n".join(found[0].remedy) and bool(remedy) == bool(found[0].remedy)
    assert server.changes == []


@pytest.mark.parametrize(
    ("spoil", "subject", "verdict", "seen"),
    [
        (lambda s: None, "Kubeflow Pipelines", Verdict.ok, "2.17.0"),
        (lambda s: None, "rights of kubeflow/pipeline-runner", Verdict.ok, "may search with Katib in autogan"),
        (lambda s: None, "ConfigMap autogan for pipelines", Verdict.ok, "gs://bucket/autogan"),
        (
            lambda s: deploy(s, "ml-pipeline", "x/api-server:2.15.0"),
            "Kubeflow Pipelines",
            Verdict.missing,
            "2.15.0",
        ),
        (
            lambda s: s.objects.pop(f"{FOLDERS['RoleBinding']}/autogan-kubeflow"),
            "rights of kubeflow/pipeline-runner",
            Verdict.missing,
            "may not create, get, list, watch, delete experiments",
        ),
        (
            lambda s: s.objects.pop(f"{KUBEFLOW}/configmaps/autogan"),
            "ConfigMap autogan for pipelines",
            Verdict.warning,
            "the field store must be filled in",
        ),
        (
            lambda s: s.put(f"{KUBEFLOW}/resourcequotas/q", status={"hard": {"cpu": "2"}}),
            "quota kubeflow/q",
            Verdict.warning,
            "too small for a pipeline's step: cpu 4 of at most 2",
        ),
        (
            lambda s: retry_strategy(s, "workflowDefaults", ON_ERROR),
            "retries of steps",
            Verdict.note,
            "policy OnError",
        ),
        (
            lambda s: retry_strategy(s, "config", f"workflowDefaults: {ON_ERROR}"),
            "retries of steps",
            Verdict.note,
            "policy OnError",
        ),
        (
            lambda s: settings(s, STORAGE_EMULATOR_HOST="http://gcs:4443"),
            "ConfigMap autogan for pipelines",
            Verdict.warning,
            "STORAGE_EMULATOR_HOST is '' for pipelines and 'http://gcs:4443' for trials",
        ),
        (
            lambda s: settings(s, STORAGE_EMULATOR_HOST="http://gcs:4443"),
            "storage emulator",
            Verdict.note,
            "http://gcs:4443 stands for the bucket",
        ),
        (lambda s: retry_strategy(s, "config", "- no mapping"), "retries of steps", Verdict.ok, "no retry strategy"),
        (lambda s: retry_strategy(s, "config", "a: ["), "retries of steps", Verdict.ok, "no retry strategy"),
        (lambda s: retry_strategy(s, "executor", "{}"), "retries of steps", Verdict.ok, "no retry strategy"),
    ],
)
def test_pipelines(server: ApiServer, look: Look, spoil: Break, subject: str, verdict: Verdict, seen: str) -> None:
    """Where Kubeflow Pipelines is installed, what it needs is looked at, too."""
    install_pipelines(server)
    spoil(server)
    found = row(look(), subject)
    assert (found.verdict, seen in found.seen) == (verdict, True), found


def test_an_orphan_is_none_while_a_pipeline_runs(server: ApiServer, look: Look) -> None:
    """An Experiment is its pipeline's as long as any pipeline runs."""
    experiment(server, "held", annotations={"autogan-kubeflow/owner": "gs://bucket/p/runs/x"})
    server.put("/apis/argoproj.io/v1alpha1/namespaces/kubeflow/workflows/w", status={"phase": "Running"})
    assert rows(look(), "experiment autogan/held") == []
    server.put("/apis/argoproj.io/v1alpha1/namespaces/kubeflow/workflows/w", status={"phase": "Failed"})
    assert row(look(), "experiment autogan/held").verdict is Verdict.warning


def test_other_images_of_cuda(server: ApiServer, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA 12 runs on older drivers; an image without CUDA is told where there are GPUs, an unknown one not judged."""
    label_node(server, cuda_driver__version_major="535")
    for cuda, verdict in (("12.8", Verdict.ok), ("99.0", Verdict.note), (None, Verdict.warning)):
        monkeypatch.setattr(f"{CHECK}.checks.probe.installed_cuda", lambda cuda=cuda: cuda)
        monkeypatch.setattr(f"{CHECK}.catalogue.probe.installed_cuda", lambda cuda=cuda: cuda)
        assert row(look(), "CUDA").verdict is verdict


def test_the_image_of_a_service_that_runs_is_the_one_to_register(server: ApiServer, look: Look) -> None:
    """Experiments whose algorithm went away go on with the service that they had."""
    unregister(server)
    service(server, "mlas-smoke", "registry.test/suggestion:0.0.9")
    assert row(look(), "algorithm autogan").remedy == ("autogan katib register --image registry.test/suggestion:0.0.9",)


def test_trainer_beside_the_training_operator(server: ApiServer, look: Look) -> None:
    """TrainJobs are told of where Trainer v2 is: watched by Katib, or not."""
    server.put("/apis/trainer.kubeflow.org/v1alpha1", resources=[{"name": "trainjobs"}])
    topics = look()
    assert row(topics, "trainjobs").verdict is Verdict.ok
    assert "TrainJob.v1alpha1.trainer.kubeflow.org" in row(topics, "kinds of trials").seen
    edit_config(server, "    - TrainJob.v1alpha1.trainer.kubeflow.org\n", "")
    watched, note = rows(look(), "kinds of trials")
    assert watched.seen == "Katib watches PyTorchJob.v1.kubeflow.org"
    assert note.verdict is Verdict.note and "does not watch TrainJob" in note.seen


def test_another_suggestion_image_is_wanted(look: Look) -> None:
    """What should be registered can be said, and is held against what is."""
    found = row(look(suggestion_image="registry.test/suggestion:0.2.0"), "algorithm autogan")
    assert found.verdict is Verdict.warning
    assert found.seen == f"registered with {SUGGESTION_IMAGE}, not with registry.test/suggestion:0.2.0"
    assert found.remedy == ("autogan katib register --image registry.test/suggestion:0.2.0",)


def test_other_namespaces(server: ApiServer, look: Look) -> None:
    """Commands for another namespace name it, and edit the manifests on their way."""
    topics = look(namespace="mine", katib_namespace="katib")
    assert row(topics, "namespace mine").remedy == (
        "sed 's/\\(namespace\\|name\\): autogan$/\\1: mine/' manifests/base/namespace.yaml | kubectl apply -f -",
    )
    assert "--namespace mine" in row(topics, "ConfigMap autogan").remedy[0]
    assert "no deployment katib-controller in katib" in row(topics, "Katib").seen


@pytest.mark.parametrize(
    ("beginning", "subject", "who"),
    [
        (
            f"GET {DEPLOYMENTS}",
            "deployments katib-controller in kubeflow",
            "an administrator of the namespace kubeflow",
        ),
        (f"GET {KATIB_CONFIG}", "configmaps katib-config in kubeflow", "an administrator of the namespace kubeflow"),
        (f"GET {AUTOGAN}/configmaps", "configmaps autogan in autogan", "an administrator of the namespace autogan"),
        ("GET /api/v1/nodes", "nodes", "a cluster administrator"),
        (f"GET {PYTORCH_CRD}", "customresourcedefinitions pytorchjobs.kubeflow.org", "a cluster administrator"),
        (
            "POST /apis/authorization.k8s.io/v1/namespaces",
            "localsubjectaccessreviews in autogan",
            "an administrator of the namespace autogan",
        ),
    ],
)
def test_what_the_user_may_not_see_is_a_row(
    server: ApiServer, look: Look, beginning: str, subject: str, who: str
) -> None:
    """A missing right says what could not be looked at and who could, once, and stops no other check."""
    server.forbidden.add(beginning)
    topics = look()
    found = row(topics, subject)
    assert found.verdict is Verdict.unknown
    assert found.seen.startswith("not permitted to ") and f"(who could: {who})" in found.seen
    assert count(topics, Verdict.missing) == 0
    assert count(topics, Verdict.ok) >= 12


def test_ended_pods_take_no_room(server: ApiServer, look: Look) -> None:
    """Nor do those of other nodes; and who may not see all pods is told what the nodes have in all."""
    requests = {"resources": {"requests": {"cpu": "16"}}}
    server.put(f"{AUTOGAN}/pods/p", spec={"nodeName": "a", "containers": [requests]}, status={"phase": "Succeeded"})
    server.put(f"{AUTOGAN}/pods/q", spec={"nodeName": "b", "containers": [requests]}, status={"phase": "Running"})
    assert row(look(), "nodes for mlas-smoke").seen == "1 of 1 have 1 cpu, 2Gi memory free"
    server.objects[f"{AUTOGAN}/pods/p"]["status"]["phase"] = "Running"
    assert row(look(), "nodes for mlas-smoke").verdict is Verdict.warning
    server.forbidden.add("GET /api/v1/pods")
    assert row(look(), "nodes for mlas-smoke").verdict is Verdict.ok


def test_a_user_who_may_see_nothing(server: ApiServer, look: Look) -> None:
    """Every topic is still told."""
    server.forbidden |= {"GET /a", "POST /"}
    topics = look()
    assert count(topics, Verdict.missing) == 0
    assert count(topics, Verdict.unknown) >= 10


def test_experiments_of_one_namespace_only(server: ApiServer, look: Look) -> None:
    """Who may not list the whole cluster's Experiments still sees those of the namespace."""
    server.forbidden.add(f"GET {KATIB}/experiments")
    unregister(server)
    experiment(server, "mlas-smoke")
    assert "autogan/mlas-smoke" in row(look(), "algorithm autogan").seen


def test_a_part_of_the_server_that_fails_is_a_row(server: ApiServer, look: Look) -> None:
    """An aggregated API that is down does not end the check."""
    server.refusals["GET /apis/batch"] = (503, "service unavailable")
    found = rows(look(), "API server")[0]
    assert "service unavailable" in found.seen and found.verdict is Verdict.unknown


def test_a_user_whom_the_server_does_not_know(server: ApiServer, look: Look) -> None:
    """An expired login is one error."""
    server.refusals["GET"] = (401, "Unauthorized")
    with pytest.raises(ClusterAccessError, match=r"does not know you \(Unauthorized\); log in again"):
        look()


def test_an_unreachable_server(connection: Callable[[], Cluster], port: int) -> None:
    """It is one error, which says what to do."""
    cluster = connection()
    cluster._client.configuration.host = "http://127.0.0.1:1"
    with pytest.raises(ClusterUnavailableError, match="cannot be reached .*make 'kubectl get nodes' work first"):
        cluster.get("/version")


def test_long_lists_are_read_to_their_end(server: ApiServer, connection: Callable[[], Cluster]) -> None:
    """Pages are put together, and read once."""
    server.page = 2
    for number in range(5):
        experiment(server, f"e{number}")
    cluster = connection()
    for _ in range(2):
        assert len(cluster.items(f"{KATIB}/experiments")) == 5
    assert len(server.requests) == 3


def test_what_is_looked_for_is_what_the_manifests_make() -> None:
    """Labels, policies, accounts and rights are those of manifests/base."""
    made = {
        (each["kind"], each["metadata"]["name"]): each
        for name in ("namespace", "accounts", "network")
        for each in yaml.safe_load_all((BASE / f"{name}.yaml").read_text())
    }
    assert made["Namespace", "autogan"]["metadata"]["labels"] == LABELS
    assert made["Role", "autogan-pipeline"]["rules"] == RULES
    assert {name for kind, name in made if kind == "NetworkPolicy"} == set(POLICIES)
    tokens = {
        name: each.get("automountServiceAccountToken")
        for (kind, name), each in made.items()
        if kind == "ServiceAccount"
    }
    assert tokens == {name: False if name in TOKENLESS else None for name in ACCOUNTS}
