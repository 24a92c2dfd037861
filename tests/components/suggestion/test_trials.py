"""Which trials belong together."""

from __future__ import annotations

from kubeflow.katib import katib_api_pb2 as api

from autogan_core.history import Assignment
from autogan_core.search_space import Architecture
from autogan_kubeflow.components.katib_protocol import to_parameters
from autogan_kubeflow.components.suggestion.trials import find_run
from tests.components.katib import trial

A, B = Architecture.parse("1011"), Architecture.parse("0120")


def ask(slot: int) -> Assignment:
    """What this search asks for first."""
    return Assignment(slot, 0, "search", (A,), (B,))


def done(name: str, slot: int, run: str, start_time: str = "2026-01-01T00:00:00Z", reward: str = "2.5") -> api.Trial:
    finished = trial(name, to_parameters(ask(slot), run), start_time)
    finished.status.condition = api.TrialStatus.SUCCEEDED
    finished.status.observation.metrics.add(name="reward-00", value=reward)
    return finished


def test_without_trials_a_run_is_new() -> None:
    """Also when all that are visible have later slots or live elsewhere."""
    for trials in ([], [done("t-1", 1, "ns/t-0")], [done("t-0", 0, "other/new")]):
        assert find_run(trials, "ns", 1, ask).name == "ns/new"


def test_a_run_bears_its_first_trials_name() -> None:
    """Also when that trial is not visible any more."""
    assert find_run([done("t-0", 0, "ns/new")], "ns", 1, ask).name == "ns/t-0"
    run = find_run([done("t-2", 2, "ns/t-0"), done("t-1", 1, "ns/t-0")], "ns", 3, ask)
    assert run.name == "ns/t-0"
    assert sorted(record.assignment.slot for record in run.records) == [1, 2]


def test_of_two_equal_experiments_the_later_one_is_continued() -> None:
    """The trials of a deleted Experiment may stay visible for a moment, and may be ahead."""
    old = [done("old-0", 0, "ns/new"), done("old-1", 1, "ns/old-0")]
    new = done("new-0", 0, "ns/new", start_time="2026-01-02T00:00:00Z")
    run = find_run([*old, new], "ns", 2, ask)
    assert run.name == "ns/new-0"
    assert len(run.records) == 1


def test_a_run_that_began_otherwise_is_not_continued() -> None:
    """Alone in the list, trials of an Experiment with other settings still make no run of this one's."""
    stranger = trial("x-0", to_parameters(Assignment(0, 0, "search", (B,), (A,)), "ns/new"))
    assert find_run([stranger], "ns", 1, ask).name == "ns/new"


def test_running_trials_tell_nothing_and_failed_ones_that_they_failed() -> None:
    """Only what has ended is part of the history."""
    running, failed = done("t-0", 0, "ns/new"), done("t-1", 1, "ns/t-0")
    running.status.condition = api.TrialStatus.RUNNING
    failed.status.condition = api.TrialStatus.FAILED
    [record] = find_run([running, failed], "ns", 2, ask).records
    assert (record.assignment.slot, record.failure, record.scored) == (1, "the trial t-1 failed", [])
