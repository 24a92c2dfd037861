"""What a stopped search step leaves: its Experiment if only its pod goes away, and nothing if the run is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client  # type: ignore[import-untyped]
from kubernetes.config import kube_config  # type: ignore[import-untyped]

from autogan_core.errors import PreemptedError
from autogan_kubeflow.components.katib_search import TimedOutError, search_with_katib
from autogan_kubeflow.components.katib_search.eviction import pod_is_going
from tests.components.fake_kubernetes import FakeKubernetes, Fault
from tests.components.kubernetes_server import serving
from tests.components.scripted_katib import CONFIG, NAME, FakeClock, api, cluster, local_records, request

POD = "mlas-search-x7k2f-system-container-impl-1234"
READY = {"type": "Ready", "status": "True"}


@pytest.fixture
def kubernetes(monkeypatch: pytest.MonkeyPatch) -> FakeKubernetes:
    """An API server with this process's own pod, which runs."""
    monkeypatch.setenv("KFP_POD_NAME", POD)
    server = FakeKubernetes(namespace="kubeflow")
    put_pod(server, READY)
    return server


@pytest.fixture
def ask(kubernetes: FakeKubernetes) -> Iterator[Callable[..., bool | None]]:
    """The question, put to that API server, without a real pause."""
    with serving(kubernetes) as url:
        configuration = client.Configuration(host=url)
        configuration.retries = False

        def question(sleep: Callable[[float], None] = lambda _: None) -> bool | None:
            return pod_is_going(client.ApiClient(configuration), "kubeflow", sleep)

        yield question


def put_pod(kubernetes: FakeKubernetes, *conditions: dict[str, str], **metadata: Any) -> None:
    """Sets what the API server knows of the pod."""
    status = {"phase": "Running", "conditions": list(conditions)}
    kubernetes.put("pods", {"metadata": {"name": POD, **metadata}, "status": status})


@pytest.mark.parametrize(
    ("conditions", "metadata", "going"),
    [
        ([READY], {}, False),
        ([], {}, False),
        ([READY], {"deletionTimestamp": "2026-01-01T01:00:00Z"}, True),
        ([READY, {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}], {}, True),
        ([{"type": "DisruptionTarget", "status": "False"}, READY], {}, False),
    ],
)
def test_a_pod_that_goes_is_marked(
    kubernetes: FakeKubernetes,
    ask: Callable[..., bool | None],
    conditions: list[dict[str, str]],
    metadata: dict[str, Any],
    going: bool,
) -> None:
    """Deletion and disruption are seen, each alone; any other state means that the run was cancelled."""
    put_pod(kubernetes, *conditions, **metadata)
    assert ask() is going
    assert {(r.verb, r.plural, r.namespace, r.name) for r in kubernetes.requests} == {("get", "pods", "kubeflow", POD)}


def test_a_pod_without_a_status_stays(kubernetes: FakeKubernetes, ask: Callable[..., bool | None]) -> None:
    """Nothing known is nothing that says it goes."""
    kubernetes.remove("pods", POD)
    kubernetes.put("pods", {"metadata": {"name": POD}})
    assert ask() is False


def test_a_pod_that_is_gone_goes(kubernetes: FakeKubernetes, ask: Callable[..., bool | None]) -> None:
    """A pod deleted by force is no longer there, while its process still is."""
    kubernetes.remove("pods", POD)
    assert ask() is True


def test_a_late_mark_is_seen(kubernetes: FakeKubernetes, ask: Callable[..., bool | None]) -> None:
    """The kubelet's condition may come after the signal: there is a second look half a second later, and no third."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        put_pod(kubernetes, {"type": "DisruptionTarget", "status": "True"})

    assert ask(sleep) is True
    assert pauses == [0.5]
    assert len(kubernetes.requests) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=403, message="pods is forbidden: cannot get resource"), "pods is forbidden: cannot get resource"),
        (Fault(status=401, message="Unauthorized"), "Unauthorized"),
        (Fault(status=503, message="etcd is down"), "503 etcd is down"),
        (Fault(cut=True), "Connection aborted"),
    ],
)
def test_what_cannot_be_told_is_said(
    kubernetes: FakeKubernetes,
    ask: Callable[..., bool | None],
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
    words: str,
) -> None:
    """No permission and no answer are neither yes nor no, at once, and the log says why in one line."""
    kubernetes.trouble = lambda _: fault
    assert ask() is None
    assert len(kubernetes.requests) == 1
    [line] = [r.getMessage() for r in caplog.records if r.name == "autogan_kubeflow.components.katib_search.eviction"]
    assert line.startswith("cannot tell whether the pod of this step is going away: ")
    assert words in line
    assert "\n" not in line


def test_an_answer_that_is_no_pod_tells_nothing(
    kubernetes: FakeKubernetes, ask: Callable[..., bool | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy's page is no reason to let a search run on."""
    monkeypatch.setattr(kubernetes, "answer", lambda _: (200, {"kind": "Status"}))
    assert ask() is None


def test_outside_a_pod_nothing_is_asked(
    kubernetes: FakeKubernetes, ask: Callable[..., bool | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without KFP's variable there is no pod to ask for."""
    monkeypatch.delenv("KFP_POD_NAME")
    assert ask() is None
    assert kubernetes.requests == []


def test_without_a_cluster_nothing_can_be_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The variable alone leads nowhere."""
    monkeypatch.setenv("KFP_POD_NAME", POD)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    assert pod_is_going() is None


def watched(kubernetes: FakeKubernetes) -> Callable[[], bool]:
    """A wish to stop as soon as the Experiment is followed."""
    return lambda: any(r.verb == "watch" for r in kubernetes.requests)


def test_an_evicted_steps_experiment_goes_on() -> None:
    """It is left alone, the message says so, and another attempt brings the same records from it."""
    kubernetes, held = FakeKubernetes(), [True]
    with cluster(kubernetes, hold=lambda: held[0]) as experiments:
        with pytest.raises(PreemptedError, match=f"the Experiment '{NAME}' goes on, and another attempt at this step"):
            search_with_katib(CONFIG, request(), experiments, watched(kubernetes), lambda: True)
        held[0] = False
        assert search_with_katib(CONFIG, request(), experiments).records == local_records(CONFIG)
    verbs = [r.verb for r in kubernetes.requests if r.plural == "experiments"]
    assert verbs.count("create") == 1
    assert "delete" not in verbs


@pytest.mark.parametrize(("evicted", "hint"), [(False, False), (None, True)])
def test_a_cancelled_steps_experiment_is_deleted(evicted: bool | None, hint: bool) -> None:
    """When it was cancelled, and when that cannot be told; then the message has the permission that would help."""
    kubernetes = FakeKubernetes()
    with (
        cluster(kubernetes, hold=lambda: True) as experiments,
        pytest.raises(PreemptedError, match="on request; the Experiment was deleted") as caught,
    ):
        search_with_katib(CONFIG, request(), experiments, watched(kubernetes), lambda: evicted)
    assert kubernetes.find("experiments") is None
    assert ("the permission to get pods in its own namespace" in str(caught.value)) is hint


def test_a_timeout_deletes_whatever_becomes_of_the_pod() -> None:
    """A search that took too long is not for another attempt, and nobody asks for the pod."""
    kubernetes, clock = FakeKubernetes(), FakeClock()
    kubernetes.trouble = lambda r: Fault(cut=True) if r.verb == "watch" else None
    with cluster(kubernetes, hold=lambda: True, clock=clock) as experiments, pytest.raises(TimedOutError):
        search_with_katib(CONFIG, request(timeout_seconds=7), experiments, evicted=lambda: pytest.fail("asked"))
    assert kubernetes.find("experiments") is None


def test_the_search_asks_for_its_own_pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By default the pod is looked up in earnest: KFP's variable, the way to the cluster, its namespace, its API."""
    config = tmp_path / "kubeconfig"
    monkeypatch.setenv("KFP_POD_NAME", POD)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(config))
    kubernetes = FakeKubernetes()
    put_pod(kubernetes, deletionTimestamp="2026-01-01T01:00:00Z")
    with serving(kubernetes) as url:
        config.write_text(
            "{apiVersion: v1, kind: Config, current-context: a, users: [{name: a, user: {token: x}}],"
            " contexts: [{name: a, context: {cluster: a, user: a, namespace: team-a}}],"
            f" clusters: [{{name: a, cluster: {{server: '{url}'}}}}]}}"
        )
        with pytest.raises(PreemptedError, match="only this step's pod is going away"):
            search_with_katib(CONFIG, request(), api(url, FakeClock()), watched(kubernetes))
    assert kubernetes.find("experiments", NAME) is not None
    assert [(r.plural, r.namespace, r.name) for r in kubernetes.requests][-1] == ("pods", "team-a", POD)
