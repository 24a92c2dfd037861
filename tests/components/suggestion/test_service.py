"""The service under Katib's controller, over a real gRPC channel."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import grpc
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hypothesis import given, settings
from hypothesis import strategies as st
from kubeflow.katib import katib_api_pb2 as api
from kubeflow.katib import katib_api_pb2_grpc as api_grpc

from autogan_core.config import RewardConfig
from autogan_core.history import Assignment, Record
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search.stage import Beam
from autogan_kubeflow.components.katib_protocol import FIELDS, from_parameters, to_metrics, to_parameters
from autogan_kubeflow.components.suggestion.experiment import parse_experiment
from autogan_kubeflow.components.suggestion.server import HEALTH_SERVICE, start
from autogan_kubeflow.components.suggestion.trials import find_run
from tests.components.katib import Katib, experiment, trial

NAMESPACE = "gan-team"
GARBAGE = ["unavailable", "nan", "", "-", "inf", "None"]


@contextmanager
def service() -> Iterator[grpc.Channel]:
    """A service of its own on a free port; gone without a farewell afterwards, like a killed pod."""
    server, _, port = start(NAMESPACE, "127.0.0.1:0")
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        server.stop(0).wait()


@dataclass(frozen=True)
class Fate:
    """What becomes of a trial, and what Katib hears."""

    outcome: str  # succeeded, failed or unavailable
    unscored: frozenset[int]  # candidates without a usable reward
    garbage: str  # how Katib tells of those
    service_dies: bool


def fates(rng: random.Random, count: int) -> list[Fate]:
    """A pattern of failures."""
    outcomes = rng.choices(["succeeded", "failed", "unavailable"], weights=[8, 1, 1], k=count)
    return [
        Fate(o, frozenset(i for i in range(4) if rng.random() < 0.1), rng.choice(GARBAGE), rng.random() < 0.3)
        for o in outcomes
    ]


def rewards(assignment: Assignment, fate: Fate) -> tuple[float | None, ...]:
    """Any fixed function of the architecture, with the fate's holes."""
    values = [random.Random(str(a)).uniform(1, 9) for a in assignment.candidates]
    return tuple(None if i in fate.unscored else value for i, value in enumerate(values))


def local_search(wanted: api.Experiment, pattern: list[Fate]) -> tuple[list[Assignment], tuple[Beam, ...]]:
    """What the driver on one machine does with the same rewards."""
    request = parse_experiment(wanted)
    search, history = MultiLevelSearch(request.space, request.config, request.seed), list[Record]()
    for slot, fate in enumerate(pattern):
        [assignment] = search.ask(history, slot)
        scored = Record(assignment, rewards(assignment, fate))
        history.append(scored if fate.outcome == "succeeded" else Record(assignment, failure=fate.outcome))
    return [record.assignment for record in history], search.beams(history)


def strangers(assignments: list[Assignment], rng: random.Random) -> list[api.Trial]:
    """Trials of the same name's Experiment in another namespace, of one that was deleted here, and of no search."""
    found = [trial("mlas-broken", {"run": f"{NAMESPACE}/new", "slot": "x"}), trial("mlas-other", {"lr": "0.1"})]
    for home, tag in (("other-team", "foreign"), (NAMESPACE, "deleted")):
        for assignment in [assignments[0], *rng.sample(assignments[1:], k=3)]:
            reversed_ = Assignment(
                assignment.slot, assignment.stage, assignment.phase, assignment.candidates[::-1], assignment.training
            )
            first = "new" if assignment.slot == 0 else f"mlas-{tag}-0"
            stranger = trial(f"mlas-{tag}-{assignment.slot}", to_parameters(reversed_, f"{home}/{first}"))
            stranger.status.condition = rng.choice([api.TrialStatus.SUCCEEDED, api.TrialStatus.RUNNING])
            stranger.status.observation.metrics.add(name="reward-00", value="99")
            found.append(stranger)
    return found


def play(wanted: api.Experiment, pattern: list[Fate], rng: random.Random) -> tuple[Katib, list[Assignment]]:
    """A whole Experiment: suggestions, trials, failures, lost replies, and a service that dies in between."""
    katib, asked = Katib(wanted, rng), list[Assignment]()
    katib.strangers = strangers(local_search(wanted, pattern)[0], rng)
    with ExitStack() as stack:
        channel = stack.enter_context(service())
        for fate in pattern:
            if fate.service_dies:
                stack.close()
                channel = stack.enter_context(service())
            parameters = katib.ask(channel)
            assignment, run = from_parameters(parameters)
            asked.append(assignment)
            visible = [t.name for t in katib.trials if t.status.condition != api.TrialStatus.METRICSUNAVAILABLE]
            assert run == f"{NAMESPACE}/{visible[0] if visible else 'new'}"
            meet(fate, assignment, katib.create(parameters), katib)
    return katib, asked


def meet(fate: Fate, assignment: Assignment, current: api.Trial, katib: Katib) -> None:
    """The trial ends as it is to end."""
    if fate.outcome == "failed":
        katib.fail(current)
        return
    record = Record(assignment, rewards(assignment, fate))
    metrics = {name: str(value) for name, value in to_metrics(record, RewardConfig()).items()}
    metrics |= {f"reward-{i:02d}": fate.garbage for i in fate.unscored}
    katib.finish(current, metrics if fate.outcome == "succeeded" else {})


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), slots=st.integers(6, 14), levels=st.sampled_from(["multi", "single"]))
def test_the_cluster_search_is_the_local_search(seed: int, slots: int, levels: str) -> None:
    """Whatever order, failures, lost replies, restarts and strangers: the same assignments, and replayed from the trial
    resources the same beams as the local driver's with the same rewards."""
    rng = random.Random(seed)
    wanted, pattern = experiment(slots, levels=levels, seed=str(seed % 7)), fates(rng, slots)
    expected, beams = local_search(wanted, pattern)
    katib, asked = play(wanted, pattern, rng)
    assert asked == expected
    request = parse_experiment(wanted)
    search = MultiLevelSearch(request.space, request.config, request.seed)
    run = find_run(katib.request().trials, NAMESPACE, slots, lambda slot: search.ask([], slot)[0])
    assert search.beams(run.records) == beams


def test_assignments_are_the_contracts() -> None:
    """Six names, values without a character that Katib or a shell would mangle, and as many sets as were asked for."""
    katib = Katib(experiment(), random.Random(0))
    with service() as channel:
        stub = api_grpc.SuggestionStub(channel)
        for count in (1, 2, 3):
            reply = stub.GetSuggestions(katib.request(count))
            assert len(reply.parameter_assignments) == count
            for suggested in reply.parameter_assignments:
                assert [a.name for a in suggested.assignments] == list(FIELDS)
                text = "".join(a.value for a in suggested.assignments)
                assert all(c.isascii() and (c.isalnum() or c in "_.,:/-") for c in text)
                assert suggested.trial_name == ""
        assert stub.GetSuggestions(api.GetSuggestionsRequest(experiment=katib.experiment)) == api.GetSuggestionsReply()


def test_more_trials_than_planned_are_answered() -> None:
    """Beyond maxTrialCount the service goes on deriving instead of refusing."""
    wanted = experiment(9)
    katib, _ = play(wanted, [Fate("succeeded", frozenset(), "nan", False)] * 9, random.Random(0))
    with service() as channel:
        assignment, _ = from_parameters(katib.ask(channel))
    assert (assignment.slot, assignment.phase) == (9, "derive")


def raised(katib: Katib, max_trial_count: int, rng: random.Random) -> list[Assignment]:
    """The Experiment has ended, and goes on with a larger maxTrialCount: what its further trials are told."""
    slots = range(katib.suggested, max_trial_count)
    katib.experiment.spec.max_trial_count = max_trial_count
    done, asked = Fate("succeeded", frozenset(), "nan", False), list[Assignment]()
    with service() as channel:
        for _ in slots:
            parameters = katib.ask(channel)
            assignment, run = from_parameters(parameters)
            assert run == f"{NAMESPACE}/{katib.trials[0].name}"
            asked.append(assignment)
            meet(done, assignment, katib.create(parameters), katib)
    assert [assignment.slot for assignment in asked] == list(slots)
    return asked


def test_a_finished_search_that_is_given_more_trials_derives_again() -> None:
    """A maxTrialCount that is raised after the end adds no iterations: each further trial scores other architectures of
    the last stage, in the same run, and the best of all are kept."""
    rng = random.Random(0)
    katib, asked = play(experiment(9), [Fate("succeeded", frozenset(), "nan", False)] * 9, rng)
    katib.strangers.clear()
    further = raised(katib, 12, rng)
    assert [(assignment.stage, assignment.phase) for assignment in further] == [(2, "derive")] * 3
    assert len({assignment.candidates for assignment in (asked[-1], *further)}) == 4


def test_a_search_that_lacks_its_last_derivation_goes_on_when_it_is_given_more_trials() -> None:
    """The last trial failed, so the last stage was never derived; one trial more derives it, several train before."""
    good, bad = (Fate(outcome, frozenset(), "nan", False) for outcome in ("succeeded", "failed"))
    for more, expected in ((10, ["derive"]), (12, ["search", "search", "derive"])):
        rng = random.Random(1)
        katib, _ = play(experiment(9), [*[good] * 8, bad], rng)
        katib.strangers.clear()
        assert [(a.stage, a.phase) for a in raised(katib, more, rng)] == [(2, phase) for phase in expected]


def refusal(channel: grpc.Channel, request: Message) -> tuple[grpc.StatusCode, str]:
    stub = api_grpc.SuggestionStub(channel)
    validate = isinstance(request, api.ValidateAlgorithmSettingsRequest)
    with pytest.raises(grpc.RpcError) as caught:
        (stub.ValidateAlgorithmSettings if validate else stub.GetSuggestions)(request)
    return caught.value.code(), caught.value.details() or ""


def test_refusals_are_invalid_argument_with_the_reason() -> None:
    """Both calls refuse a bad Experiment alike, a good one is valid, and impossible counts are refused."""
    bad = experiment()
    bad.spec.parallel_trial_count = 2
    with service() as channel:
        for request in (
            api.ValidateAlgorithmSettingsRequest(experiment=bad),
            api.GetSuggestionsRequest(experiment=bad, current_request_number=1, total_request_number=1),
        ):
            code, details = refusal(channel, request)
            assert code == grpc.StatusCode.INVALID_ARGUMENT
            assert details.startswith("parallelTrialCount is 2; set it to 1")
        stub = api_grpc.SuggestionStub(channel)
        stub.ValidateAlgorithmSettings(api.ValidateAlgorithmSettingsRequest(experiment=experiment()))
        code, details = refusal(channel, api.GetSuggestionsRequest(experiment=experiment(), current_request_number=2))
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        assert "total_request_number 0" in details
        code, _ = refusal(channel, api.ValidateAlgorithmSettingsRequest())
        assert code == grpc.StatusCode.INVALID_ARGUMENT


def test_a_defect_is_no_final_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stray exception becomes INTERNAL, which Katib retries; UNKNOWN would fail the Experiment for good."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("autogan_kubeflow.components.suggestion.service.parse_experiment", broken)
    with service() as channel:
        code, details = refusal(channel, api.ValidateAlgorithmSettingsRequest(experiment=experiment()))
    assert (code, details) == (grpc.StatusCode.INTERNAL, "ZeroDivisionError: oops")


def test_large_requests_pass() -> None:
    """Beyond gRPC's own limit of 4 MiB."""
    katib = Katib(experiment(), random.Random(0))
    katib.strangers = [trial(f"mlas-{i}", {"note": "x" * 2**20}) for i in range(6)]
    with service() as channel:
        assert katib.ask(channel)["slot"] == "0"


def test_health_is_answered_under_katibs_name() -> None:
    """SERVING under the probes' name, NOT_FOUND under others."""
    with service() as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        serving = stub.Check(health_pb2.HealthCheckRequest(service=HEALTH_SERVICE), timeout=1)
        assert serving.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest(service="api.v1.beta1.Suggestion"))
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
