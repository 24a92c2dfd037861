"""Whose an Experiment is: created once, found again by a later attempt, and never anybody else's touched."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.exit_status import ClusterUnavailableError
from autogan_kubeflow.components.katib_search.api import ExperimentsAPI

logger = logging.getLogger(__name__)

OWNER = "autogan-kubeflow/owner"
"""Annotation that says for whom the Experiment runs."""
FINGERPRINT = "autogan-kubeflow/config"
"""Annotation with the fingerprint of the configuration."""

_POLL_SECONDS = 2.0


def outcome(experiment: Any) -> Any | None:
    """The condition with which an Experiment has ended, Succeeded or Failed; None while it runs."""
    conditions = (experiment.status.conditions if experiment.status else None) or []
    return next((c for c in conditions if c.type in ("Succeeded", "Failed") and c.status == "True"), None)


def obtain(document: Mapping[str, Any], experiments: ExperimentsAPI) -> Any:
    """Finds the Experiment that an earlier attempt created from a document, or creates it.

    An earlier attempt's Experiment that has failed, or is being deleted, is replaced.

    Returns:
        The Experiment as the API server has it.

    Raises:
        ConfigError: somebody else has one of that name, or the cluster refuses this one.
        ClusterUnavailableError: the API server is out of reach, or a former Experiment does not go away.
        ClusterAccessError: a permission is missing, or Katib is.
    """
    name, clock = document["metadata"]["name"], experiments.waiting.clock
    started = clock()
    while True:
        existing = experiments.get(name)
        if existing is not None:
            _check_own(existing, document["metadata"]["annotations"], experiments.namespace)
            obstacle = _clear(existing, experiments)
            if obstacle is None:
                logger.info("the Experiment %s is there already, and ours; going on with it", name)
                return existing
        elif (obstacle := _leftovers(name, experiments)) is None:
            created = experiments.create(document)
            if created is not None:
                logger.info("created the Experiment %s/%s", experiments.namespace, name)
                return created
            obstacle = "it was created meanwhile"
        if clock() - started > experiments.waiting.patience_seconds:
            raise ClusterUnavailableError(
                f"the Experiment '{name}' could not be made anew in namespace '{experiments.namespace}': {obstacle}; "
                f"see that katib-controller runs, and look with 'kubectl -n {experiments.namespace} get "
                f"experiments,suggestions,trials'"
            )
        experiments.waiting.pause(_POLL_SECONDS)


def remove_own(name: str, owner: str, experiments: ExperimentsAPI) -> bool:
    """Deletes what a run that is over has left running.

    An Experiment that has ended stays: a failed one to be looked at, and of a successful one `finish` disposes.

    Returns:
        Whether there was an Experiment of that name and owner that had not ended; it is now deleted.

    Raises:
        ClusterUnavailableError: the API server is out of reach.
        ClusterAccessError: a permission is missing.
    """
    existing = experiments.get(name)
    if existing is None or outcome(existing) is not None:
        return False
    return delete_own(existing, owner, experiments)


def delete_own(experiment: Any, owner: str, experiments: ExperimentsAPI) -> bool:
    """Deletes an Experiment if it is the owner's; whether it was. Raises as `remove_own` does."""
    name, theirs = experiment.metadata.name, _annotations(experiment).get(OWNER)
    if theirs != owner:
        logger.warning("the Experiment %s belongs to %s, not to %s; leaving it alone", name, theirs or "nobody", owner)
        return False
    experiments.delete(name, experiment.metadata.uid)
    logger.info("deleted the Experiment %s/%s", experiments.namespace, name)
    return True


def _check_own(existing: Any, wanted: Mapping[str, str], namespace: str) -> None:
    found, name = _annotations(existing), existing.metadata.name
    if found.get(OWNER) != wanted[OWNER]:
        whose = f"belongs to {found[OWNER]}" if found.get(OWNER) else "was not made by this pipeline"
    elif found.get(FINGERPRINT) != wanted[FINGERPRINT]:
        whose = f"is of the same owner ({wanted[OWNER]}), but for another configuration"
    else:
        return
    raise ConfigError(
        f"there is an Experiment '{name}' in namespace '{namespace}' already, which {whose}; choose another name, or "
        f"delete it with 'kubectl -n {namespace} delete experiment {name}' if nobody needs it"
    )


def _clear(existing: Any, experiments: ExperimentsAPI) -> str | None:
    """Deletes an Experiment that has failed. Returns why it cannot be gone on with; None if it can."""
    if existing.metadata.deletion_timestamp is not None:
        return f"a former one is being deleted since {existing.metadata.deletion_timestamp:%Y-%m-%d %H:%M:%S} UTC"
    ended = outcome(existing)
    if ended is None or ended.type == "Succeeded":
        return None
    logger.warning(
        "the Experiment %s of an earlier attempt failed (%s); deleting it to start afresh",
        *(existing.metadata.name, ended.message),
    )
    experiments.delete(existing.metadata.name, existing.metadata.uid)
    return "an earlier attempt's, which failed, was deleted but is not gone"


def _leftovers(name: str, experiments: ExperimentsAPI) -> str | None:
    """Objects of a former Experiment of that name, which Katib would take for the new one's."""
    if experiments.has_suggestion(name):
        return f"the Suggestion '{name}' of a former one is not gone"
    trials = [trial.metadata.name for trial in experiments.trials(name)]
    return f"{len(trials)} trials of a former one are not gone, such as {trials[0]}" if trials else None


def _annotations(experiment: Any) -> dict[str, str]:
    return experiment.metadata.annotations or {}
