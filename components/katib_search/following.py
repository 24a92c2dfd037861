"""Following an Experiment to its end, by watches that may break off at any moment."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import Any

from autogan_kubeflow.components.katib_search.api import ExperimentsAPI
from autogan_kubeflow.components.katib_search.errors import ExperimentFailedError
from autogan_kubeflow.components.katib_search.ownership import outcome
from autogan_kubeflow.components.katib_search.progress import Progress
from autogan_kubeflow.components.katib_search.trials import belongs_to


def follow(experiment: Any, experiments: ExperimentsAPI) -> Any:
    """Waits for the end of an Experiment and logs its trials.

    Returns:
        The Experiment in its final state.

    Raises:
        ExperimentFailedError: somebody else deleted it.
        ClusterUnavailableError: the API server is out of reach for too long.
        ClusterAccessError: a permission is missing.
    """  # noqa: DOC501 - the AssertionError is out of reach
    name, uid = experiment.metadata.name, experiment.metadata.uid
    progress, seen = Progress(), None
    with closing(_states(name, experiments)) as states:
        for state in states:
            experiments.waiting.check()
            if state is None or state.metadata.uid != uid or state.metadata.deletion_timestamp is not None:
                raise ExperimentFailedError(
                    f"the Experiment '{name}' in namespace '{experiments.namespace}' was deleted by somebody else "
                    "while it ran; start this step again to begin afresh"
                )
            if state.status is not None and state.status != seen:
                seen = state.status
                progress.update(state, own_trials(state, experiments))
            if outcome(state) is not None:
                return state
    raise AssertionError("an Experiment has always a next state")


def _states(name: str, experiments: ExperimentsAPI) -> Generator[Any | None]:
    """The Experiment now, after every change, and every few seconds in between; None once it is gone."""
    while True:
        state = experiments.get(name)
        yield state
        if state is not None:
            with closing(experiments.watch(name, state.metadata.resource_version)) as changes:
                yield from changes


def own_trials(experiment: Any, experiments: ExperimentsAPI) -> list[Any]:
    """The trials of an Experiment, without those of a former one of its name. Raises as `ExperimentsAPI.trials`."""
    listed = experiments.trials(experiment.metadata.name)
    return [trial for trial in listed if belongs_to(trial, experiment.metadata.uid)]
