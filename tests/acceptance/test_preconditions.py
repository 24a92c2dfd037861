"""What must be there before anything is made."""

from __future__ import annotations

import shutil

import pytest

from acceptance.cluster import Cluster
from acceptance.errors import AcceptanceError
from acceptance.preconditions import check, foreign_experiments
from acceptance.settings import Settings
from autogan_kubeflow.components.registration.katib_config import KEY
from tests.acceptance.fake_api_server import EXPERIMENTS, KATIB_CONFIG, FakeApiServer
from tests.components.katib_configs import PLAIN_017

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is missing")


def test_a_cluster_with_all_that_is_needed(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """Versions are told, and nothing is changed."""
    facts = check(cluster, settings)
    assert facts == {"Kubernetes": "v1.34.4", "Katib": "v0.19.0", "training operator": "v0.19.0"}
    assert server.requests == []


def test_all_that_is_missing_is_told_at_once(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """Each with what to do."""
    del server.objects["/apis/apps/v1/namespaces/kubeflow/deployments/katib-controller"]
    del server.objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/pytorchjobs.kubeflow.org"]
    server.denied = {"namespaces", "networkpolicies"}
    server.put(
        KATIB_CONFIG, data={KEY: PLAIN_017.replace("- PyTorchJob.v1.kubeflow.org", "- TrainJob.v1.kubeflow.org")}
    )
    server.put("/api/v1/namespaces/autogan-acceptance")
    with pytest.raises(AcceptanceError) as told:
        check(cluster, settings)
    for sentence in (
        "no Deployment kubeflow/katib-controller, so Katib is missing or elsewhere",
        "no pytorchjobs.kubeflow.org, so training operator is missing; install it",
        "does not list PyTorchJob.v1.kubeflow.org",
        "you may not create namespaces; nor delete namespaces autogan-acceptance; nor create networkpolicies in",
        "no acceptance test has made",
    ):
        assert sentence in str(told.value)


def test_a_controller_without_a_pod_is_told(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """It is installed, and would answer nothing."""
    server.objects["/apis/apps/v1/namespaces/kubeflow/deployments/training-operator"]["status"] = {}
    with pytest.raises(AcceptanceError, match="training-operator has no available pod; see 'kubectl describe"):
        check(cluster, settings)


def test_an_experiment_of_the_same_name_anywhere_is_refused(
    cluster: Cluster, server: FakeApiServer, settings: Settings
) -> None:
    """Katib's database knows no namespaces. Those of another algorithm do not count as users of ours."""
    path = f"{EXPERIMENTS}/namespaces/team/experiments"
    server.put(f"{path}/other", spec={"algorithm": {"algorithmName": "random"}})
    check(cluster, settings)
    server.put(f"{path}/{settings.experiment}", spec={"algorithm": {"algorithmName": "autogan"}})
    with pytest.raises(AcceptanceError, match="there is an Experiment team/mlas-smoke-autogan-acceptance"):
        check(cluster, settings)
    assert foreign_experiments(cluster, "x", "autogan") == ["team/mlas-smoke-autogan-acceptance"]
