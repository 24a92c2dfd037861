"""The search step's Katib backend against an API server over HTTP, from a quiet day to everything at once."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from autogan_core.errors import ConfigError, PreemptedError
from autogan_core.history import Record
from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.exit_status import ClusterUnavailableError
from autogan_kubeflow.components.katib_experiments import Placement
from autogan_kubeflow.components.katib_search import (
    ClusterAccessError,
    ExperimentFailedError,
    TimedOutError,
    finish,
    search_with_katib,
)
from autogan_kubeflow.components.katib_search import api as api_module
from tests.components.fake_kubernetes import LABEL, FakeKubernetes, Fault, Request, storm
from tests.components.katib_player import Publisher, owner_reference, playing
from tests.components.kubernetes_server import serving
from tests.components.scripted_katib import CONFIG, NAME, OWNER, FakeClock, api, cluster, local_records, request

EXPECTED = local_records(CONFIG)


def verbs(kubernetes: FakeKubernetes, verb: str) -> int:
    """Requests of a verb for Experiments."""
    return sum(r.verb == verb and r.plural == "experiments" for r in kubernetes.requests)


def rewards(records: list[Record]) -> list[tuple[Any, ...]]:
    """What must be equal between two runs: the reason of a failure is worded differently."""
    return [(r.assignment, r.rewards, r.failure is None) for r in records]


def test_a_search_ends_as_without_katib(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records to the last bit, by slot, through several pages; a line for each trial; deleted by finish alone."""
    monkeypatch.setattr(api_module, "PAGE", 2)
    kubernetes = FakeKubernetes()
    with cluster(kubernetes) as experiments, caplog.at_level(logging.INFO, "autogan_kubeflow.components.katib_search"):
        assert search_with_katib(CONFIG, request(), experiments).records == EXPECTED
        made = kubernetes.find("experiments", NAME)
        finish(request(), experiments)
        assert kubernetes.find("experiments") is None
    assert made is not None
    assert made["metadata"]["annotations"]["autogan-kubeflow/owner"] == OWNER
    assert made["metadata"]["annotations"]["autogan-kubeflow/config"] == CONFIG.fingerprint()
    lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith("stage ")]
    assert len(lines) == 7
    scored = [score for _, score in EXPECTED[0].scored]
    assert lines[0] == (
        f"stage 1, trial 1 of 7, search: best {max(scored):.4g}, mean {sum(scored) / 2:.4g}; about 6 min left"
    )
    assert lines[6].startswith("stage 3, trial 7 of 7, derive: best")
    assert "left" not in lines[6]


def test_a_kept_experiment_stays() -> None:
    """With keep, finish leaves the Experiment and its trials."""
    kubernetes = FakeKubernetes()
    with cluster(kubernetes) as experiments:
        search_with_katib(CONFIG, request(keep=True), experiments)
        finish(request(keep=True), experiments)
    assert kubernetes.find("experiments", NAME) is not None
    assert verbs(kubernetes, "delete") == 0


def test_failed_trials_leave_holes(caplog: pytest.LogCaptureFixture) -> None:
    """A failed trial is told with its reason, and the search goes on as a local one that failed there does."""
    with cluster(FakeKubernetes(), failing=[4]) as experiments:
        records = search_with_katib(CONFIG, request(), experiments).records
    assert rewards(records) == rewards(local_records(CONFIG, failing=[4]))
    assert re.search(
        r"stage 3, trial 5 of 7, search: digits-0f3a-\w+ failed: .*1 Master replica\(s\) failed", caplog.text
    )


def test_a_former_experiments_trials_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    """A trial of this name that another Experiment owns is neither told of nor counted."""
    kubernetes = FakeKubernetes()
    owner = owner_reference({"name": NAME, "uid": "of a former one"})
    metadata = {"name": "stranger", "labels": {LABEL: NAME}, "ownerReferences": [owner]}
    stranger = {"metadata": metadata, "spec": {}, "status": {"conditions": [{"type": "Failed", "status": "True"}]}}

    def trouble(request: Request) -> None:
        if request.verb == "watch":
            kubernetes.put("trials", stranger)

    kubernetes.trouble = trouble
    with (
        cluster(kubernetes, failing=[0, 1, 2], hold=lambda: verbs(kubernetes, "watch") == 0) as experiments,
        pytest.raises(ExperimentFailedError, match="3 of its 3"),
    ):
        search_with_katib(CONFIG, request(), experiments)
    assert kubernetes.find("trials", "stranger") is not None
    assert "stranger" not in caplog.text


def test_a_failed_experiment_quotes_the_trial() -> None:
    """The error has the last failed trial's name, its reason, how many failed, and how to look; nothing is deleted."""
    kubernetes = FakeKubernetes()
    with (
        cluster(kubernetes, failing=[0, 1, 2]) as experiments,
        pytest.raises(
            ExperimentFailedError, match=r"3 of its 3 trials did, .* PyTorchJob digits-0f3a-\w+ is failed"
        ) as caught,
    ):
        search_with_katib(CONFIG, request(), experiments)
    assert re.search(r"kubectl -n autogan logs digits-0f3a-\w+-master-0", str(caught.value))
    assert kubernetes.find("experiments", NAME) is not None


def test_a_refused_search_is_quoted() -> None:
    """If no trial was ever made, Katib's words on the Experiment are the reason."""
    kubernetes = FakeKubernetes()
    words = "Suggestion is failed: maxTrialCount is 3; set it to at least 6"
    with (
        serving(kubernetes) as url,
        playing(kubernetes, lambda e, _: Publisher(kubernetes, e).finish("Failed", words)),
        pytest.raises(ExperimentFailedError, match=f"failed before any trial did: {words}; look with"),
    ):
        search_with_katib(CONFIG, request(), api(url, FakeClock()))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            400,
            'admission webhook "validator.experiment.katib.kubeflow.org" denied the request: the namespace lacks label',
        ),
        (403, 'admission webhook "validator.experiment.katib.kubeflow.org" denied the request: spec.x: Invalid value'),
        (422, 'Experiment.kubeflow.org "x" is invalid: spec.y: Required value'),
    ],
)
def test_a_refused_creation_keeps_the_words(status: int, words: str) -> None:
    """What the admission webhook or the schema says is in the error, whole, and it is tried once only."""
    kubernetes = FakeKubernetes(admit=lambda _: (status, words))
    with cluster(kubernetes) as experiments, pytest.raises(ConfigError, match=re.escape(words)):
        search_with_katib(CONFIG, request(), experiments)
    assert verbs(kubernetes, "create") == 1


def test_an_earlier_attempts_experiment_is_adopted(caplog: pytest.LogCaptureFixture) -> None:
    """A second attempt goes on with what the first created, be it done by then or not, and creates nothing."""
    kubernetes = FakeKubernetes()
    with cluster(kubernetes) as experiments, caplog.at_level(logging.INFO):
        search_with_katib(CONFIG, request(), experiments)
        assert search_with_katib(CONFIG, request(), experiments).records == EXPECTED
    assert verbs(kubernetes, "create") == 1
    assert f"the Experiment {NAME} is there already, and ours" in caplog.text


@pytest.mark.parametrize(
    ("annotations", "whose"),
    [
        ({}, "was not made by this pipeline"),
        ({"autogan-kubeflow/owner": "runs/other"}, "belongs to runs/other"),
        ({"autogan-kubeflow/owner": OWNER, "autogan-kubeflow/config": "x"}, "for another configuration"),
    ],
)
def test_a_foreign_experiment_is_refused(annotations: dict[str, str], whose: str) -> None:
    """Somebody else's Experiment of that name is named with its owner, and left alone, when asked to stop too."""
    kubernetes = FakeKubernetes()
    kubernetes.put("experiments", {"metadata": {"name": NAME, "annotations": annotations}, "spec": {}})
    with serving(kubernetes) as url:
        with pytest.raises(ConfigError, match=f"'{NAME}' in namespace 'autogan' already, which .*{whose}"):
            search_with_katib(CONFIG, request(), api(url, FakeClock()))
        finish(request(owner="runs/third"), api(url, FakeClock()))
    assert kubernetes.find("experiments", NAME) is not None


def test_an_own_failed_experiment_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    """An earlier attempt's that failed is deleted; a new one is created when it, its Suggestion and trials are gone."""
    kubernetes = FakeKubernetes(lingering=3)
    with cluster(kubernetes, failing=[0, 1, 2]) as experiments, pytest.raises(ExperimentFailedError):
        search_with_katib(CONFIG, request(), experiments)
    old = kubernetes.find("experiments", NAME)
    assert old is not None
    kubernetes.put("suggestions", {"metadata": {"name": NAME, "ownerReferences": [{"uid": old["metadata"]["uid"]}]}})
    created: list[set[str]] = []

    def watch_creation(request: Request) -> None:
        if request.verb == "create":
            created.append({plural for plural, _ in kubernetes.objects})

    kubernetes.trouble = watch_creation
    with cluster(kubernetes) as experiments:
        assert search_with_katib(CONFIG, request(), experiments).records == EXPECTED
    assert created == [set()]
    assert "of an earlier attempt failed (Experiment has failed because max failed count" in caplog.text


def test_an_experiment_that_does_not_go_away_is_named() -> None:
    """When Katib's controller is down, deleted Experiments stay; the wait for that ends with the patience."""
    kubernetes, clock = FakeKubernetes(lingering=10**6), FakeClock()
    annotations = {"autogan-kubeflow/owner": OWNER, "autogan-kubeflow/config": CONFIG.fingerprint()}
    kubernetes.put("experiments", {"metadata": {"name": NAME, "annotations": annotations}, "spec": {}})
    kubernetes.mark_deleted("experiments", NAME)
    with serving(kubernetes) as url, pytest.raises(ClusterUnavailableError, match="being deleted since 2026-01-01 01"):
        search_with_katib(CONFIG, request(), api(url, clock, patience_seconds=30))
    assert 30 <= clock.now < 35


@pytest.mark.parametrize("when", ["at once", "while it runs"])
def test_a_stopped_search_is_deleted(when: str) -> None:
    """On request the Experiment is deleted, and the error says so; before it exists there is nothing to delete."""
    kubernetes = FakeKubernetes()

    def stop() -> bool:
        return when == "at once" or verbs(kubernetes, "watch") > 0

    outcome = "there was no running" if when == "at once" else "the Experiment was deleted"
    kubernetes.trouble = lambda r: Fault(status=503) if when == "at once" and not kubernetes.requests[1:] else None
    with (
        cluster(kubernetes, hold=lambda: True) as experiments,
        pytest.raises(PreemptedError, match=f"on request; {outcome}"),
    ):
        search_with_katib(CONFIG, request(), experiments, stop)
    assert kubernetes.find("experiments", NAME) is None


def test_a_stop_during_an_outage_does_not_wait(caplog: pytest.LogCaptureFixture) -> None:
    """If the API server is away, the deletion is given up within a pod's grace, and the error says what is left."""
    kubernetes, clock = FakeKubernetes(), FakeClock()
    kubernetes.trouble = lambda _: Fault(status=503) if verbs(kubernetes, "watch") else None
    with (
        cluster(kubernetes, hold=lambda: True, clock=clock) as experiments,
        pytest.raises(PreemptedError, match=f"could not be deleted .*'kubectl -n autogan delete experiment {NAME}'"),
    ):
        search_with_katib(CONFIG, request(), experiments, lambda: clock.now > 5)
    assert clock.now < 5 + 20


def test_a_search_that_takes_too_long_is_deleted() -> None:
    """After its timeout the Experiment is deleted."""
    kubernetes, clock = FakeKubernetes(), FakeClock()
    kubernetes.trouble = lambda r: Fault(cut=True) if r.verb == "watch" else None  # each costs a second of patience
    with (
        cluster(kubernetes, hold=lambda: True, clock=clock) as experiments,
        pytest.raises(TimedOutError, match="after 7 s"),
    ):
        search_with_katib(CONFIG, request(timeout_seconds=7), experiments)
    assert kubernetes.find("experiments", NAME) is None
    assert clock.now == pytest.approx(8, abs=1)


@pytest.mark.parametrize("lingering", [0, 10**6])
def test_an_experiment_deleted_by_somebody_is_told(lingering: int) -> None:
    """Deleted while it is followed, be it gone at once or not: no endless wait, no silent new beginning."""
    kubernetes = FakeKubernetes(lingering=lingering)

    def trouble(request: Request) -> None:
        if request.verb == "watch" and kubernetes.find("experiments", NAME):
            kubernetes.mark_deleted("experiments", NAME)

    kubernetes.trouble = trouble
    with (
        cluster(kubernetes, hold=lambda: True) as experiments,
        pytest.raises(ExperimentFailedError, match="deleted by somebody else while it ran"),
    ):
        search_with_katib(CONFIG, request(), experiments)
    assert verbs(kubernetes, "create") == 1


def test_an_incomplete_search_says_what_is_missing() -> None:
    """The last derivation failed: the error names the stage and the command that gives the Experiment more trials."""
    with (
        cluster(FakeKubernetes(), failing=[6]) as experiments,
        pytest.raises(
            ExperimentFailedError, match=r"stage 3 of 3 was never derived, since 1 trials.*maxTrialCount\":9"
        ),
    ):
        search_with_katib(CONFIG, request(), experiments)


def test_two_minutes_without_an_api_server_do_no_harm() -> None:
    """Watches, lists and reads fail for two minutes in the middle; the search ends as ever."""
    kubernetes, clock = FakeKubernetes(), FakeClock()
    outage: list[float] = []

    def trouble(request: Request) -> Fault | None:
        if request.plural == "trials" and not outage:
            outage.append(clock.now)
        return Fault(cut=True) if outage and clock.now < outage[0] + 120 else None

    kubernetes.trouble = trouble
    with cluster(kubernetes, clock=clock) as experiments:
        assert search_with_katib(CONFIG, request(), experiments).records == EXPECTED
    assert 120 <= clock.now - outage[0] < 160


def test_an_outage_beyond_patience_ends_the_step() -> None:
    """The error can be retried, names the last reason, and comes when the patience is over; the Experiment goes on."""
    kubernetes, clock = FakeKubernetes(), FakeClock()
    kubernetes.trouble = lambda r: Fault(status=502, message="bad gateway") if verbs(kubernetes, "watch") else None
    with (
        cluster(kubernetes, clock=clock) as experiments,
        pytest.raises(ClusterUnavailableError, match="502 bad gateway"),
    ):
        search_with_katib(CONFIG, request(), experiments.waiting_with(patience_seconds=300))
    assert 300 <= clock.now < 310
    assert verbs(kubernetes, "delete") == 0


@pytest.mark.parametrize("where", ["status", "stream"])
def test_an_expired_watch_is_begun_anew(where: str) -> None:
    """410 Gone as status, and in the stream after a compaction: read again, and go on."""
    kubernetes = FakeKubernetes()

    def trouble(request: Request) -> Fault | None:
        if request.verb != "watch" or verbs(kubernetes, "watch") > 2:
            return None
        kubernetes.compact()
        return Fault(status=410, message="too old") if where == "status" else None

    kubernetes.trouble = trouble
    with cluster(kubernetes, hold=lambda: verbs(kubernetes, "watch") < 3) as experiments:
        assert search_with_katib(CONFIG, request(), experiments).records == EXPECTED


@pytest.mark.parametrize("seed", range(6))
def test_everything_at_once_changes_nothing(seed: int) -> None:
    """Errors, throttling, cut connections, lost answers and compactions in any order: one Experiment, equal records."""
    kubernetes = FakeKubernetes()
    kubernetes.trouble = storm(seed, kubernetes)
    with cluster(kubernetes) as experiments:
        assert search_with_katib(CONFIG, request(), experiments).records == EXPECTED
        [uid] = {c["metadata"]["uid"] for (p, _), c in kubernetes.objects.items() if p == "experiments"}
        assert all(
            c["metadata"]["ownerReferences"][0]["uid"] == uid
            for (p, _), c in kubernetes.objects.items()
            if p == "trials"
        )
        finish(request(), experiments)
    assert kubernetes.find("experiments") is None


@pytest.mark.parametrize("permission", ["create", "get", "watch"])
def test_a_missing_permission_is_named(permission: str) -> None:
    """The verb, the resource and the Role that grants it; nothing is retried."""
    kubernetes, clock = FakeKubernetes(forbidden={(permission, "experiments")}), FakeClock()
    with (
        cluster(kubernetes, clock=clock) as experiments,
        pytest.raises(ClusterAccessError, match=f"to {permission} experiments in .*Role 'autogan-pipeline'"),
    ):
        search_with_katib(CONFIG, request(), experiments)
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "Digits"}, "at most 40 lower-case letters"),
        ({"owner": ""}, "owner is empty"),
        ({"timeout_seconds": 0}, "timeout_seconds must be positive, not 0"),
        ({"placement": Placement(namespace="elsewhere")}, "namespace is 'elsewhere', but the cluster was opened at"),
        ({"placement": Placement(namespace="autogan", image="repo/image:latest")}, "latest"),
    ],
)
def test_a_bad_request_reaches_no_cluster(changes: dict[str, Any], sentence: str) -> None:
    """What can be known here is refused here."""
    experiments = api("http://127.0.0.1:9", FakeClock(), patience_seconds=0)
    with pytest.raises(ConfigError, match=sentence):
        search_with_katib(CONFIG, request(**changes), experiments)


def test_the_records_are_a_finished_search() -> None:
    """The reference of these tests is one: every stage derived, and as many records as slots."""
    search = MultiLevelSearch(CONFIG.search_space(), CONFIG.search, CONFIG.seed)
    assert search.finished(EXPECTED)
    assert len(EXPECTED) == search.num_slots == 7
