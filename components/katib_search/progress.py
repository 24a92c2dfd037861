"""One line in the log for each trial that ends."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from statistics import fmean
from typing import Any

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_protocol import from_parameters, to_rewards
from autogan_kubeflow.components.katib_search.trials import completion_time, failure_reason, has_ended

logger = logging.getLogger(__name__)

_RECENT = 10
"""Trials by which the pace is told: those of a later stage take longer than those of an earlier one."""


class Progress:
    """Knows which trials the log has told of."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def update(self, experiment: Any, trials: Iterable[Any]) -> None:
        """Tells of the trials that have ended since the last call, in the order in which they did."""
        total = experiment.spec.max_trial_count
        ended = sorted(filter(has_ended, trials), key=lambda t: (completion_time(t), t.metadata.name))
        for count, trial in enumerate(ended, start=1):
            if trial.metadata.name not in self._told:
                self._told.add(trial.metadata.name)
                _tell(trial, total, _time_left(experiment, ended[:count], total))


def _tell(trial: Any, total: int, time_left: str) -> None:
    parameters = {a.name: a.value for a in trial.spec.parameter_assignments or []}
    try:
        assignment, _ = from_parameters(parameters)
    except ConfigError as error:
        logger.warning("the trial %s is none of this search's: %s", trial.metadata.name, error)
        return
    place = f"stage {assignment.stage + 1}, trial {assignment.slot + 1} of {total}, {assignment.phase}"
    reason = failure_reason(trial)
    if reason is not None:
        logger.warning("%s: %s failed: %s%s", place, trial.metadata.name, reason, time_left)
        return
    metrics = {m.name: m.latest or "" for m in (trial.status.observation and trial.status.observation.metrics) or []}
    rewards = [reward for reward in to_rewards(metrics, len(assignment.candidates)) if reward is not None]
    scores = f"best {max(rewards):.4g}, mean {fmean(rewards):.4g}" if rewards else "no rewards"
    logger.info("%s: %s%s", place, scores, time_left)


def _time_left(experiment: Any, ended: list[Any], total: int) -> str:
    """Words for how long the rest will take at the pace of the latest trials; empty if that cannot be told."""
    times = [experiment.status.start_time, *(completion_time(trial) for trial in ended)][-_RECENT - 1 :]
    remaining = total - len(ended)
    if times[0] is None or remaining <= 0:
        return ""
    seconds = (times[-1] - times[0]).total_seconds() / (len(times) - 1) * remaining
    minutes = max(round(seconds / 60), 1)
    return f"; about {minutes // 60} h {minutes % 60:02d} min left" if minutes >= 60 else f"; about {minutes} min left"
