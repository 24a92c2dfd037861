"""The state of a run on Kubeflow Pipelines, and of its pipeline's own steps.

The API gives every node of the run's Argo workflow a row: beside the steps also KFP's drivers and executors, attempts,
loops and levels. Only a step's own node and its driver bear the step's name, and the driver matters only until it has
done its part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from autogan_kubeflow.pipelines.remote.specification import NamedStep

FINISHED = frozenset({"SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"})
_CANCELLING = frozenset({"CANCELING", "CANCELED"})
_NEVER_BEGUN = ("", "RUNTIME_STATE_UNSPECIFIED")
_DRIVER = "-driver"
_POD = re.compile(rf"(executor|.+{_DRIVER})(\(\d+\))?")
"""Names of the rows behind which there is a pod."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run; one of several where it stands in a loop."""

    key: str
    """Tells it from the run's other steps."""
    title: str
    """The step's name for people; steps of a loop are numbered as they began."""
    state: str
    started: datetime | None
    duration: timedelta | None
    """None while it has not ended."""
    error: str
    """What the API says; empty in KFP 2.17, which says nothing."""


def run_state(run: Any) -> str:
    """A run's state; CANCELED for one that was, which the API calls FAILED in the end."""
    state = str(run.state or "")
    former = {str(status.state) for status in run.state_history or ()}
    return "CANCELED" if state == "FAILED" and former & _CANCELLING else state


def run_steps(run: Any, names: Mapping[str, NamedStep]) -> list[RunStep]:
    """Lists a run's steps.

    Args:
        run: as kfp gives it.
        names: of its pipeline, from `named_steps`.

    Returns:
        The steps, in the order in which they began; without those that have not begun.
    """
    counts: dict[str, int] = {}
    found = []
    for row in _rows(run):
        name = row.display_name or ""
        step = names.get(name.removesuffix(_DRIVER))
        state = str(row.state or "")
        if step is None or state in _NEVER_BEGUN or (name.endswith(_DRIVER) and state in ("SUCCEEDED", "SKIPPED")):
            continue
        title = step.title
        if name.endswith(_DRIVER):
            title += " (KFP's preparation)"
        elif step.repeated:
            counts[name] = counts.get(name, 0) + 1
            title += f" #{counts[name]}"
        started, ended = _moment(row.start_time), _moment(row.end_time)
        duration = ended - started if started and ended else None
        error = row.error.message if row.error else ""
        found.append(RunStep(row.task_id or title, title, state, started, duration, _one_line(error)))
    return found


def waiting_for_a_node(run: Any) -> bool:
    """Whether a pod is pending, which neither the run's state nor its step's tells."""
    return run.state not in FINISHED and any(
        str(row.state) == "PENDING" and _POD.fullmatch(row.display_name or "") for row in _rows(run)
    )


def run_error(run: Any) -> str:
    """The API's message on the run's failure, in one line; mostly empty."""
    return _one_line(run.error.message if run.error else "")


def elapsed(run: Any) -> timedelta | None:
    """The duration of a run; None before it has ended."""
    created, finished = _moment(run.created_at), _moment(run.finished_at)
    return finished - created if created and finished else None


def _rows(run: Any) -> list[Any]:
    rows = list((run.run_details and run.run_details.task_details) or ())
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(rows, key=lambda row: (_moment(row.start_time) or last, row.task_id or ""))


def _moment(given: datetime | None) -> datetime | None:
    """A time, unless it is one of the zeros that KFP sends for 'not yet'."""
    return given if given is not None and given.year > 1970 else None


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
