"""A cluster on which all is well, to be broken by each test in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client  # type: ignore[import-untyped]

from autogan_kubeflow.components.cluster_check.base.cluster import APPS, KATIB, RBAC, Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Finding
from autogan_kubeflow.components.cluster_check.base.target import Target
from autogan_kubeflow.components.cluster_check.catalogue import Topic, inspect
from autogan_kubeflow.components.cluster_check.checks.inside import Waiting
from autogan_kubeflow.components.registration.entry import suggestion_entry
from autogan_kubeflow.components.registration.katib_config import KEY, KatibConfig
from tests.components.cluster_check.api_server import ApiServer
from tests.components.json_server import serving
from tests.components.katib_configs import MARSHALLED_019

BASE = Path(__file__).parents[3] / "manifests" / "base"
SUGGESTION_IMAGE = "registry.test/suggestion:0.1.0"
FOLDERS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/autogan/serviceaccounts",
    "Role": f"{RBAC}/namespaces/autogan/roles",
    "RoleBinding": f"{RBAC}/namespaces/autogan/rolebindings",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/autogan/networkpolicies",
}
KUBEFLOW = "/api/v1/namespaces/kubeflow"
AUTOGAN = "/api/v1/namespaces/autogan"
DEPLOYMENTS = f"{APPS}/namespaces/kubeflow/deployments"
EXPERIMENTS = f"{KATIB}/namespaces/autogan/experiments"
KATIB_CONFIG = f"{KUBEFLOW}/configmaps/katib-config"
PYTORCH_CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/pytorchjobs.kubeflow.org"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/katib.kubeflow.org"

Look = Callable[..., list[Topic]]


def deploy(server: ApiServer, name: str, image: str, ready: int = 1, namespace: str = "kubeflow") -> dict[str, Any]:
    """A deployment as its controller reports it."""
    return server.put(
        f"{APPS}/namespaces/{namespace}/deployments/{name}",
        spec={"replicas": 1, "template": {"spec": {"containers": [{"name": "main", "image": image}]}}},
        status={"readyReplicas": ready, "replicas": 1} if ready else {"replicas": 1},
    )


def experiment(server: ApiServer, name: str, *, ended: str | None = None, **metadata: Any) -> dict[str, Any]:
    """An Experiment of our algorithm."""
    conditions = [{"type": ended, "status": "True"}] if ended else [{"type": "Running", "status": "True"}]
    return server.put(
        f"{EXPERIMENTS}/{name}",
        metadata=metadata,
        spec={"algorithm": {"algorithmName": "autogan"}},
        status={"conditions": conditions},
    )


def install_pipelines(server: ApiServer) -> None:
    """Kubeflow Pipelines 2.17, standalone, as docs/pipelines.md prepares it."""
    deploy(server, "ml-pipeline", "ghcr.io/kubeflow/kfp-api-server:2.17.0")
    server.put(f"{KUBEFLOW}/serviceaccounts/pipeline-runner")
    server.put(f"{KUBEFLOW}/configmaps/autogan", data={"AUTOGAN_STORE": "gs://bucket/autogan"})
    server.put(
        f"{FOLDERS['RoleBinding']}/autogan-kubeflow",
        roleRef={"kind": "Role", "name": "autogan-pipeline"},
        subjects=[{"kind": "ServiceAccount", "name": "pipeline-runner", "namespace": "kubeflow"}],
    )


@pytest.fixture
def server() -> ApiServer:
    """Katib 0.19, the training operator 1.9, our manifests, a node with a GPU, and no pipelines."""
    made = ApiServer()
    made.put("/version", gitVersion="v1.34.4")
    deploy(made, "katib-controller", "ghcr.io/kubeflow/katib/katib-controller:v0.19.0")
    deploy(made, "katib-db-manager", "ghcr.io/kubeflow/katib/katib-db-manager:v0.19.0")
    deploy(made, "training-operator", "kubeflow/training-operator:v1-5170a36")
    made.put(KATIB, resources=[{"name": name} for name in ("experiments", "suggestions", "trials", "trials/status")])
    made.put("/apis/kubeflow.org/v1", resources=[{"name": "pytorchjobs"}])
    made.put(PYTORCH_CRD, metadata={"creationTimestamp": "2026-01-01T00:00:00Z"}, spec={"managedBy": {}})
    made.put(WEBHOOKS)
    made.put(KUBEFLOW, metadata={"labels": {"katib.kubeflow.org/metrics-collector-injection": "enabled"}})
    made.put(f"{KUBEFLOW}/services/katib-db-manager")
    started = {"running": {"startedAt": "2026-01-01T00:01:00Z"}}
    made.put(
        f"{KUBEFLOW}/pods/katib-controller-1",
        metadata={"labels": {"katib.kubeflow.org/component": "controller"}},
        status={"containerStatuses": [{"state": started}]},
    )
    text = KatibConfig(MARSHALLED_019).with_entry(suggestion_entry(SUGGESTION_IMAGE))
    made.put(KATIB_CONFIG, data={KEY: text})
    for name in ("namespace", "accounts", "network"):
        for document in yaml.safe_load_all((BASE / f"{name}.yaml").read_text()):
            made.put(f"{FOLDERS[document['kind']]}/{document['metadata']['name']}", **document)
    settings = {"AUTOGAN_STORE": "gs://bucket/autogan", "AUTOGAN_DB_MANAGER": "katib-db-manager.kubeflow:6789"}
    made.put(f"{AUTOGAN}/configmaps/autogan", data=settings)
    labels = {"nvidia.com/cuda.driver-version.major": "580", "nvidia.com/gpu.compute.major": "8"}
    made.put(
        "/api/v1/nodes/a",
        metadata={"labels": {**labels, "nvidia.com/gpu.compute.minor": "0", "nvidia.com/gpu.product": "A100"}},
        status={"allocatable": {"cpu": "16", "memory": "64Gi", "nvidia.com/gpu": "2"}},
    )
    return made


@pytest.fixture
def port(server: ApiServer) -> Iterator[int]:
    """Where it is served."""
    with serving(server) as port:
        yield port


@pytest.fixture
def connection(port: int) -> Callable[[], Cluster]:
    """A new connection to it, which has read nothing yet."""

    def connect() -> Cluster:
        configuration = client.Configuration()
        configuration.host, configuration.retries = f"http://127.0.0.1:{port}", False
        return Cluster(client.ApiClient(configuration))

    return connect


@pytest.fixture
def look(connection: Callable[[], Cluster], monkeypatch: pytest.MonkeyPatch) -> Look:
    """Runs every check; without a pod unless somebody waits for it."""
    monkeypatch.setattr("autogan_kubeflow.components.cluster_check.checks.probe.installed_cuda", lambda: "13.2")

    def look(waiting: Waiting | None = None, **target: Any) -> list[Topic]:
        step = {"cpu": "4", "memory": "16Gi", "nvidia.com/gpu": "1"}
        return inspect(connection(), Target(**{"step_requests": step, **target}), waiting)

    return look


def rows(topics: list[Topic], subject: str) -> list[Finding]:
    """The findings about a subject."""
    return [finding for topic in topics for finding in topic.findings if finding.subject == subject]


def row(topics: list[Topic], subject: str) -> Finding:
    """The only finding about a subject."""
    [found] = rows(topics, subject)
    return found
