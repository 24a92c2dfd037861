"""From Katib's list of trials to the history of one run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kubeflow.katib import katib_api_pb2 as api

from autogan_core.errors import ConfigError
from autogan_core.history import Assignment, Record
from autogan_kubeflow.components.katib_protocol import NEW_RUN, from_parameters, to_rewards

logger = logging.getLogger(__name__)

_FAILED = {api.TrialStatus.KILLED, api.TrialStatus.FAILED, api.TrialStatus.METRICSUNAVAILABLE}
_SCORED = {api.TrialStatus.SUCCEEDED, api.TrialStatus.EARLYSTOPPED}


@dataclass(frozen=True, slots=True)
class KatibRun:
    """The trials that share one set of weights."""

    name: str
    """``<namespace>/<first trial>``, or ``<namespace>/new`` while there is none."""
    records: tuple[Record, ...] = ()
    """Records of the run's trials that have ended, in any order."""


@dataclass(frozen=True, slots=True)
class _Trial:
    name: str
    run: str
    assignment: Assignment
    status: api.TrialStatus

    @property
    def order(self) -> tuple[int, str, str]:
        return self.assignment.slot, self.status.start_time, self.name

    def record(self) -> Record | None:
        """None while the trial runs."""
        if self.status.condition in _FAILED:
            return Record(self.assignment, failure=f"the trial {self.name} failed")
        if self.status.condition not in _SCORED:
            return None
        metrics = {metric.name: metric.value for metric in self.status.observation.metrics}
        return Record(self.assignment, to_rewards(metrics, len(self.assignment.candidates)))


def find_run(
    trials: Iterable[api.Trial], namespace: str, slot: int, first_assignment: Callable[[int], Assignment]
) -> KatibRun:
    """Finds the run that the trial of ``slot`` continues.

    Katib's list is in no order, and holds the trials of every Experiment of this name: those of other namespaces, and
    for a moment those of a deleted Experiment whose place this one took. Trials belong together by the run that they
    were told; the first of a run was told to open a new one, and its own name became the run's.

    Args:
        trials: as Katib sent them.
        namespace: where the service runs, and so its Experiment.
        slot: the first slot that is asked for; only trials of earlier slots count.
        first_assignment: what this search asks for in a slot that nothing precedes, to tell two runs apart.

    Returns:
        The run with the records of its earlier slots; a new one if no trial belongs to this Experiment.
    """
    runs: dict[str, list[_Trial]] = {}
    for trial in filter(None, map(_parse, trials)):
        home, _, first = trial.run.partition("/")
        if home == namespace and trial.assignment.slot < slot:
            runs.setdefault(trial.name if first == NEW_RUN else first, []).append(trial)
    ours = [first for first in runs if _may_be_ours(runs[first], first_assignment)]
    if len(runs) > 1 or len(ours) < len(runs):
        logger.warning("of %d runs of this Experiment's name, %d may be its own", len(runs), len(ours))
    if not ours:
        return KatibRun(f"{namespace}/{NEW_RUN}")
    first = max(ours, key=lambda first: _opened(runs[first]).status.start_time)
    records = (trial.record() for trial in runs[first])
    return KatibRun(f"{namespace}/{first}", tuple(record for record in records if record is not None))


def _may_be_ours(run: list[_Trial], first_assignment: Callable[[int], Assignment]) -> bool:
    """Whether a run began with what this search asks for; if its first trial is gone, it may have."""
    opened = _opened(run)
    return not opened.run.endswith(f"/{NEW_RUN}") or opened.assignment == first_assignment(opened.assignment.slot)


def _opened(run: list[_Trial]) -> _Trial:
    return min(run, key=lambda trial: trial.order)


def _parse(trial: api.Trial) -> _Trial | None:
    parameters = {a.name: a.value for a in trial.spec.parameter_assignments.assignments}
    try:
        assignment, run = from_parameters(parameters)
    except ConfigError as error:
        logger.warning("the trial %s is not one of this search's: %s", trial.name, error)
        return None
    return _Trial(trial.name, run, assignment, trial.status)
