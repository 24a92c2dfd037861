"""A whole search on Katib: from a configuration to the records of its trials (paper, section 3.3)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autogan_core.config import Config
from autogan_core.errors import AutoGANError, ConfigError, PreemptedError
from autogan_kubeflow.components.katib_experiments import Placement, build_experiment
from autogan_kubeflow.components.katib_search.api import ExperimentsAPI
from autogan_kubeflow.components.katib_search.errors import TimedOutError
from autogan_kubeflow.components.katib_search.eviction import PERMISSION, pod_is_going
from autogan_kubeflow.components.katib_search.following import follow, own_trials
from autogan_kubeflow.components.katib_search.ownership import (
    FINGERPRINT,
    OWNER,
    delete_own,
    obtain,
    outcome,
    remove_own,
)
from autogan_kubeflow.components.katib_search.results import KatibSearch, failure, read_search
from autogan_kubeflow.components.manifest_checks import check_document

logger = logging.getLogger(__name__)

_LAST_PATIENCE_S = 15.0
"""Time to delete the Experiment after a request to stop; Kubernetes grants a pod 30 s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExperimentRequest:
    """An Experiment to run, and what happens to it afterwards."""

    name: str
    """The Experiment's name, at most 40 characters; unique in the cluster."""
    owner: str
    """The party that the Experiment runs for; one of this name with another owner is never touched."""
    placement: Placement
    """Image, resources and nodes of the trials."""
    keep: bool = False
    """Whether it stays after it has succeeded."""
    timeout_seconds: float | None = None
    """How long to follow it before it is deleted, this attempt alone; None: for ever."""

    def __post_init__(self) -> None:
        if not self.owner:
            raise ConfigError("owner is empty; say for whom the Experiment runs")
        if self.timeout_seconds is not None and self.timeout_seconds <= 0:
            raise ConfigError(f"timeout_seconds must be positive, not {self.timeout_seconds}")


def search_with_katib(
    config: Config,
    request: ExperimentRequest,
    experiments: ExperimentsAPI,
    stop: Callable[[], bool] = lambda: False,
    evicted: Callable[[], bool | None] = pod_is_going,
) -> KatibSearch:
    """Searches with an Experiment of Katib's, which goes on while nobody looks; another attempt finds it again.

    The Experiment is still there afterwards: store what is returned, then call `finish`.

    Args:
        config: what to search for; from a preset that ships with the image.
        request: the Experiment.
        experiments: the cluster, at the placement's namespace.
        stop: asked every few seconds; True ends the following, and deletes the Experiment unless ``evicted``.
        evicted: asked after a stop, whether only the pod that follows is going away, so that another attempt will take
            its place; then the Experiment goes on. None: that cannot be told.

    Returns:
        The records of all its trials by slot, from which `MultiLevelSearch` replays the beams, and the run that the
        trials worked on.

    Raises:
        ConfigError: the Experiment is refused, here or by the cluster, or somebody else has one of that name.
        ClusterAccessError: a permission is missing, or Katib is.
        ClusterUnavailableError: the API server is out of reach for too long; the Experiment goes on.
        ExperimentFailedError: it failed, was deleted by somebody else, or ended without deriving every stage.
        PreemptedError: ``stop`` said so; the message tells whether the Experiment goes on or is deleted.
        TimedOutError: it took longer than ``request.timeout_seconds``, and is deleted.
    """  # noqa: DOC501 - failure() makes an ExperimentFailedError
    document = _document(config, request, experiments.namespace)
    watched = experiments.waiting_with(check=_limits(request, stop, experiments.waiting.clock))
    try:
        experiment = follow(obtain(document, watched), watched)
    except TimedOutError as error:
        raise TimedOutError(f"{error}; {_abandon(request, experiments)}") from error
    except PreemptedError as error:
        raise PreemptedError(f"{error}; {_leave_or_abandon(request, experiments, evicted())}") from error
    trials = own_trials(experiment, experiments)
    ended = outcome(experiment)
    if ended is not None and ended.type == "Failed":
        raise failure(experiment, ended.message, trials)
    return read_search(config, experiment, trials)


def finish(request: ExperimentRequest, experiments: ExperimentsAPI) -> None:
    """Deletes the Experiment once its records are stored, unless the request keeps it. Raises as `remove_own` does."""
    if request.keep:
        logger.info(
            "the Experiment stays, its suggestion pod too, until 'kubectl -n %s delete experiment %s'",
            *(experiments.namespace, request.name),
        )
        return
    existing = experiments.get(request.name)
    if existing is not None:
        delete_own(existing, request.owner, experiments)


def _document(config: Config, request: ExperimentRequest, namespace: str) -> dict[str, Any]:
    if request.placement.namespace != namespace:
        raise ConfigError(
            f"the placement's namespace is '{request.placement.namespace}', but the cluster was opened at "
            f"'{namespace}'; give both the same"
        )
    document = build_experiment(request.name, config, request.placement)
    document["metadata"]["annotations"] = {OWNER: request.owner, FINGERPRINT: config.fingerprint()}
    if problems := check_document(document):
        raise ConfigError("; ".join(problems))
    return document


def _limits(request: ExperimentRequest, stop: Callable[[], bool], clock: Callable[[], float]) -> Callable[[], None]:
    """Raises as soon as it is asked to stop, or the time is up."""
    limit = request.timeout_seconds
    started = clock()

    def check() -> None:
        if stop():
            raise PreemptedError("stopped on request")
        if limit is not None and clock() - started > limit:
            raise TimedOutError(f"the Experiment '{request.name}' was not done after {limit:.0f} s, its timeout")

    return check


def _leave_or_abandon(request: ExperimentRequest, experiments: ExperimentsAPI, evicted: bool | None) -> str:
    """Deletes the Experiment unless somebody will come back for it; says what became of it."""
    if evicted:
        return (
            f"only this step's pod is going away, so the Experiment '{request.name}' goes on, and another attempt at "
            f"this step goes on with it; if there will be none, run 'kubectl -n {experiments.namespace} delete "
            f"experiment {request.name}'"
        )
    said = _abandon(request, experiments)
    if evicted is None:
        # Better to search anew than to let trials hold GPUs for nobody.
        said += (
            f" (whether only this step's pod was going away could not be told: that takes the permission {PERMISSION})"
        )
    return said


def _abandon(request: ExperimentRequest, experiments: ExperimentsAPI) -> str:
    """Deletes the Experiment, if the API server lets us in time; says what became of it."""
    try:
        removed = remove_own(request.name, request.owner, experiments.waiting_with(patience_seconds=_LAST_PATIENCE_S))
    except AutoGANError as error:
        return (
            f"the Experiment could not be deleted ({error}); "
            f"run 'kubectl -n {experiments.namespace} delete experiment {request.name}'"
        )
    return "the Experiment was deleted" if removed else "there was no running Experiment to delete"
