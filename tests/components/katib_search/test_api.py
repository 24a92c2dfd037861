"""The client's answers to what the API server says, and how it finds one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.config import kube_config  # type: ignore[import-untyped]

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.exit_status import ClusterUnavailableError
from autogan_kubeflow.components.katib_search import ClusterAccessError, ExperimentsAPI, default_namespace, remove_own
from autogan_kubeflow.components.katib_search import api as api_module
from tests.components.fake_kubernetes import LABEL, FakeKubernetes, Fault, Request
from tests.components.katib_player import owner_reference
from tests.components.kubernetes_server import serving
from tests.components.scripted_katib import NAME, OWNER, FakeClock, api

Call = Callable[[ExperimentsAPI], Any]
DOCUMENT = {"metadata": {"name": NAME, "annotations": {"autogan-kubeflow/owner": OWNER}}, "spec": {}}
CALLS: dict[str, Call] = {
    "create": lambda e: e.create(DOCUMENT),
    "get": lambda e: e.get(NAME),
    "list": lambda e: e.trials(NAME),
    "delete": lambda e: e.delete(NAME, "any"),
}


@pytest.fixture
def kubernetes() -> FakeKubernetes:
    """An API server with an Experiment of ours that runs."""
    server = FakeKubernetes()
    server.put("experiments", DOCUMENT)
    return server


@pytest.fixture
def url(kubernetes: FakeKubernetes) -> Iterator[str]:
    """Where it is."""
    with serving(kubernetes) as address:
        yield address


@pytest.fixture
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No pod, and a kubeconfig that is still to be written."""
    path = tmp_path / "kubeconfig"
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    return path


def once(*faults: Fault) -> Callable[[Request], Fault | None]:
    """One fault for each of the first requests."""
    coming = iter(faults)
    return lambda _: next(coming, None)


@pytest.mark.parametrize("verb", CALLS)
@pytest.mark.parametrize(
    "fault",
    [Fault(status=500), Fault(status=503), Fault(status=410), Fault(cut=True), Fault(cut=True, takes_effect=True)],
)
def test_what_passes_is_sat_out(kubernetes: FakeKubernetes, url: str, verb: str, fault: Fault) -> None:
    """Three failures in a row cost pauses of 1, 2 and 4 seconds, and no error."""
    clock = FakeClock()
    kubernetes.trouble = once(fault, fault, fault)
    CALLS[verb](api(url, clock))
    assert clock.now == 7
    assert len(kubernetes.requests) == 4


def test_the_server_may_say_when(kubernetes: FakeKubernetes, url: str) -> None:
    """429 with Retry-After is obeyed to the second, and never beyond our patience."""
    clock = FakeClock()
    kubernetes.trouble = once(Fault(status=429, retry_after=17))
    api(url, clock).get(NAME)
    assert clock.now == 17
    kubernetes.trouble = once(Fault(status=429, retry_after=3600))
    api(url, clock, patience_seconds=50).get(NAME)
    assert clock.now == 67


def test_pauses_grow_to_half_a_minute(kubernetes: FakeKubernetes, url: str) -> None:
    """A long outage is asked after every 30 s, until the patience is over to the second."""
    clock = FakeClock()
    kubernetes.trouble = lambda _: Fault(status=503, message="etcd is down")
    with pytest.raises(ClusterUnavailableError, match="for 600 s, at last because of: 503 etcd is down; see that"):
        api(url, clock).get(NAME)
    assert clock.now == pytest.approx(600)
    assert len(kubernetes.requests) == 1 + 5 + 19  # after 1, 2, 4, 8, 16 and then 30 s, the last time less


def test_nobody_there_is_an_outage() -> None:
    """A port that nobody listens on is waited for, too."""
    with pytest.raises(ClusterUnavailableError, match=r"for 5 s, at last because of: .*refused"):
        api("http://127.0.0.1:9", FakeClock(), patience_seconds=5).get(NAME)


def test_a_lost_answer_to_create_is_a_conflict(kubernetes: FakeKubernetes, url: str) -> None:
    """The Experiment exists once; whose it is must be looked up."""
    kubernetes.trouble = once(Fault(cut=True, takes_effect=True))
    assert api(url, FakeClock()).create({"metadata": {"name": "another"}, "spec": {}}) is None
    assert kubernetes.find("experiments", "another") is not None


def test_all_pages_are_read(kubernetes: FakeKubernetes, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of this name only, all of them, though the list expires between two pages."""
    monkeypatch.setattr(api_module, "PAGE", 2)
    for i in range(5):
        kubernetes.put("trials", {"metadata": {"name": f"t{i}", "labels": {LABEL: NAME}}})
    kubernetes.put("trials", {"metadata": {"name": "foreign", "labels": {LABEL: "other"}}})
    expired = once(Fault(status=410, message="the continue parameter is too old"))
    kubernetes.trouble = lambda request: expired(request) if "continue" in request.query else None
    assert sorted(trial.metadata.name for trial in api(url, FakeClock()).trials(NAME)) == ["t0", "t1", "t2", "t3", "t4"]


@pytest.mark.parametrize("verb", CALLS)
def test_a_permission_that_lacks_is_named(kubernetes: FakeKubernetes, url: str, verb: str) -> None:
    """Which verb on which resource, and the Role that grants it."""
    resource = "trials" if verb == "list" else "experiments"
    kubernetes.forbidden = {(verb, resource)}
    with pytest.raises(ClusterAccessError, match=f"no permission to {verb} {resource} in .* Role 'autogan-pipeline'"):
        CALLS[verb](api(url, FakeClock()))


def test_a_refused_token_ends_it_unless_it_was_good_before(kubernetes: FakeKubernetes, url: str) -> None:
    """401 at once is a mistake; 401 in the middle may be a token that is being renewed."""
    experiments = api(url, FakeClock())
    kubernetes.trouble = once(Fault(status=401, message="Unauthorized"))
    with pytest.raises(ClusterAccessError, match=r"refuses our token \(Unauthorized\); log in again"):
        experiments.get(NAME)
    assert experiments.get(NAME) is not None
    kubernetes.trouble = once(Fault(status=401))
    assert experiments.get(NAME) is not None


@pytest.mark.parametrize("verb", CALLS)
def test_a_cluster_without_katib_is_told(kubernetes: FakeKubernetes, url: str, verb: str) -> None:
    """404 for the kind of resource is no missing Experiment."""
    kubernetes.installed = False
    with pytest.raises(ClusterAccessError, match="404 page not found.*install Katib 0.18 or 0.19"):
        CALLS[verb](api(url, FakeClock()))


def test_a_namespace_that_is_not_there_is_told(kubernetes: FakeKubernetes, url: str) -> None:
    """The server's words name it."""
    kubernetes.namespace = "elsewhere"
    with pytest.raises(ClusterAccessError, match=r'namespaces "autogan" not found.*name a namespace that exists'):
        api(url, FakeClock()).create(DOCUMENT)


def test_a_proxys_page_is_no_answer(monkeypatch: pytest.MonkeyPatch, kubernetes: FakeKubernetes, url: str) -> None:
    """Status 200 with something else than an object is an outage, not a crash."""
    monkeypatch.setattr(kubernetes, "answer", lambda _: (200, {}))
    with pytest.raises(ClusterUnavailableError, match="the answer is no JSON object"):
        api(url, FakeClock(), patience_seconds=1).get(NAME)


def test_only_the_meant_experiment_is_deleted(kubernetes: FakeKubernetes, url: str) -> None:
    """One of the same name that took its place meanwhile has another uid, and stays."""
    api(url, FakeClock()).delete(NAME, "the uid of a former one")
    assert kubernetes.find("experiments", NAME) is not None


@pytest.mark.parametrize(
    ("owner", "condition", "removed"),
    [(OWNER, "Running", True), (OWNER, "Failed", False), (OWNER, "Succeeded", False), ("other", "Running", False)],
)
def test_the_exit_handler_removes_what_runs(
    kubernetes: FakeKubernetes, url: str, owner: str, condition: str, removed: bool
) -> None:
    """Ours that runs; not one that has ended, nor anybody else's; and none the second time."""
    status = {"conditions": [{"type": condition, "status": "True"}]}
    kubernetes.put("experiments", {**DOCUMENT, "status": status})
    assert remove_own(NAME, owner, api(url, FakeClock())) is removed
    assert (kubernetes.find("experiments", NAME) is None) is removed
    if removed:
        kubernetes.remove("experiments", NAME)
        assert not remove_own(NAME, owner, api(url, FakeClock()))


def test_what_is_owned_goes_with_its_owner(kubernetes: FakeKubernetes, url: str) -> None:
    """The server of these tests collects garbage as Kubernetes does: the owner first, its trials after it."""
    owner = kubernetes.find("experiments", NAME)
    assert owner is not None
    metadata = {"name": "t", "labels": {LABEL: NAME}, "ownerReferences": [owner_reference(owner["metadata"])]}
    kubernetes.put("trials", {"metadata": metadata})
    experiments = api(url, FakeClock())
    experiments.delete(NAME, owner["metadata"]["uid"])
    seen = [(experiments.get(NAME) is not None, len(experiments.trials(NAME))) for _ in range(8)]
    assert seen[0] == (True, 1)
    assert (False, 1) in seen
    assert seen[-1] == (False, 0)


def test_without_a_cluster_it_says_what_to_do(no_cluster: Path) -> None:
    """Neither pod nor kubeconfig; and a kubeconfig that is none."""
    with pytest.raises(ConfigError, match="no cluster is configured: .*make 'kubectl get experiments' work first"):
        ExperimentsAPI.connect("autogan")
    no_cluster.write_text("{[")
    with pytest.raises(ConfigError, match="no usable kubeconfig"):
        ExperimentsAPI.connect("autogan")


def test_the_kubeconfig_leads_to_a_cluster(kubernetes: FakeKubernetes, url: str, no_cluster: Path) -> None:
    """Outside of a cluster the current context is used, with its namespace."""
    no_cluster.write_text(
        "{apiVersion: v1, kind: Config, current-context: a, users: [{name: a, user: {token: x}}],"
        " contexts: [{name: a, context: {cluster: a, user: a, namespace: mine}}],"
        f" clusters: [{{name: a, cluster: {{server: '{url}'}}}}]}}"
    )
    assert ExperimentsAPI.connect("autogan").get(NAME) is not None
    assert default_namespace() == "mine"


def test_the_pods_namespace_comes_first(no_cluster: Path, tmp_path: Path) -> None:
    """The pod's own, and without pod and kubeconfig that of the manifests."""
    (tmp_path / "namespace").write_text("team-a\n")
    assert default_namespace(tmp_path / "namespace") == "team-a"
    assert default_namespace(tmp_path / "missing") == "autogan"
