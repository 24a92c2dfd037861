"""What the log says of trials as they end, and what a Trial resource becomes for the suggestion service."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from kubeflow import katib
from kubeflow.katib import katib_api_pb2 as api
from kubeflow.katib.utils.utils import FakeResponse

from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.katib_protocol import to_parameters
from autogan_kubeflow.components.katib_search.progress import Progress
from autogan_kubeflow.components.katib_search.trials import to_proto
from tests.components.scripted_katib import CONFIG

[FIRST] = MultiLevelSearch(CONFIG.search_space(), CONFIG.search, CONFIG.seed).ask([], 0)
EXPERIMENT = {
    "metadata": {"name": "e"},
    "spec": {"maxTrialCount": 93},
    "status": {"startTime": "2026-01-01T00:00:00Z"},
}


def model(content: dict[str, Any], kind: str = "V1beta1Trial") -> Any:
    """A resource as the client hands it on."""
    return katib.ApiClient().deserialize(FakeResponse(content), kind)


def trial(name: str, condition: str | None, end: str | None = None, **fields: Any) -> Any:
    """A trial of slot 0 whose latest condition is given."""
    conditions = [{"type": "Created", "status": "True"}]
    conditions += [{"type": condition, "status": "True", "reason": "Why", "message": "What"}] if condition else []
    parameters = [{"name": k, "value": v} for k, v in to_parameters(FIRST, "autogan/new").items()]
    status = {"startTime": "2026-01-01T00:00:00Z", "completionTime": end, "conditions": conditions, **fields}
    return model({"metadata": {"name": name}, "spec": {"parameterAssignments": parameters}, "status": status})


def metrics(**latest: str) -> dict[str, Any]:
    """An observation; lowest and highest values are of no interest."""
    named = [{"name": n.replace("_", "-"), "latest": v, "min": "-9", "max": "9"} for n, v in latest.items()]
    return {"metrics": named}


def lines(caplog: pytest.LogCaptureFixture, *trials: Any) -> list[str]:
    """What is logged of trials."""
    caplog.clear()
    with caplog.at_level(logging.INFO):
        Progress().update(model(EXPERIMENT, "V1beta1Experiment"), trials)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (trial("t", "Succeeded", observation=metrics(reward_00="1.5", reward_01="2.5")), "best 2.5, mean 2"),
        (trial("t", "Succeeded", observation=metrics(reward_00="1.5", reward_01="unavailable")), "best 1.5, mean 1.5"),
        (trial("t", "Succeeded", observation=metrics(reward_00="", reward_01="nan")), "no rewards"),
        (trial("t", "Failed"), "t failed: Why: What"),
        (trial("t", "Killed"), "t failed: Why: What"),
        (trial("t", "MetricsUnavailable"), "t failed: Why: What"),
    ],
)
def test_a_line_for_each_trial_that_ended(caplog: pytest.LogCaptureFixture, ended: Any, words: str) -> None:
    """Stage, place and phase, then the scores or the reason."""
    [line] = lines(caplog, ended)
    assert line.startswith(f"stage 1, trial 1 of 93, search: {words}")


def test_nothing_of_trials_that_go_on(caplog: pytest.LogCaptureFixture) -> None:
    """Created and running trials are not told of; a trial that is none of ours is, by name."""
    assert lines(caplog, trial("a", None), trial("b", "Running")) == []
    [line] = lines(
        caplog, model({"metadata": {"name": "odd"}, "spec": {}, "status": {"conditions": [{"type": "Failed"}]}})
    )
    assert line.startswith("the trial odd is none of this search's: the assignment has no run, slot")


def test_each_trial_is_told_once_in_order(caplog: pytest.LogCaptureFixture) -> None:
    """By the time they ended, whatever the order of the list."""
    late, early = trial("a", "Failed", "2026-01-01T02:00:00Z"), trial("b", "Failed", "2026-01-01T01:00:00Z")
    progress, experiment = Progress(), model(EXPERIMENT, "V1beta1Experiment")
    with caplog.at_level(logging.INFO):
        progress.update(experiment, [late, early])
        progress.update(experiment, [early, late])
    assert [record.getMessage().split(": ")[1] for record in caplog.records] == ["b failed", "a failed"]


@pytest.mark.parametrize(
    ("hours", "left"),
    [
        ([1], "about 92 h 00 min left"),
        ([1, 3], "about 136 h 30 min left"),
        # Twelve trials: two of an hour each, then ten of a minute, which alone set the pace.
        ([1, 2, *(2 + i / 60 for i in range(1, 11))], "about 1 h 21 min left"),
    ],
)
def test_the_time_left_follows_the_latest_pace(caplog: pytest.LogCaptureFixture, hours: list[float], left: str) -> None:
    """Mean time of up to ten trials, times what remains of 93."""
    ends = [f"2026-01-01T{int(h):02d}:{round(h % 1 * 60):02d}:00Z" for h in hours]
    told = lines(caplog, *(trial(f"t{i:02d}", "Failed", end) for i, end in enumerate(ends)))
    assert told[-1].endswith(f"; {left}")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, api.TrialStatus.CREATED),
        ("Running", api.TrialStatus.RUNNING),
        ("Succeeded", api.TrialStatus.SUCCEEDED),
        ("Failed", api.TrialStatus.FAILED),
        ("Killed", api.TrialStatus.KILLED),
        ("MetricsUnavailable", api.TrialStatus.METRICSUNAVAILABLE),
        ("EarlyStopped", api.TrialStatus.EARLYSTOPPED),
        ("Unheard", api.TrialStatus.UNKNOWN),
    ],
)
def test_a_trial_becomes_what_katib_would_send(condition: str | None, expected: int) -> None:
    """Name, assignments, start, latest condition, and of each metric the latest value."""
    sent = to_proto(trial("t", condition, observation=metrics(reward_00="1.5")))
    assert (sent.name, sent.status.condition, sent.status.start_time) == ("t", expected, "2026-01-01T00:00:00Z")
    assert {a.name: a.value for a in sent.spec.parameter_assignments.assignments} == to_parameters(FIRST, "autogan/new")
    assert [(m.name, m.value) for m in sent.status.observation.metrics] == [("reward-00", "1.5")]


def test_a_trial_without_status_has_just_been_created() -> None:
    """Right after its creation a trial has neither status nor conditions."""
    sent = to_proto(model({"metadata": {"name": "t"}, "spec": {"parameterAssignments": None}}))
    assert sent.status.condition == api.TrialStatus.CREATED
