"""The search step's work: a search here or under Katib, and what it found."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from autogan_core.metrics.protocols import reward_words
from autogan_core.runs.run import Run
from autogan_kubeflow.components.pipeline_run.form import check_backend
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.publish import publish_history, publish_metrics
from autogan_kubeflow.components.step_runtime.step import Step
from autogan_kubeflow.components.tasks.halving import rung_items

logger = logging.getLogger(__name__)


def search_run(
    step: Step,
    reference: str,
    backend: str,
    katib: Mapping[str, Any],
    history: OutputArtifact,
    metrics: OutputArtifact,
) -> list[str]:
    """Searches, unless the run's search is finished.

    Args:
        step: the step.
        reference: of the run.
        backend: ``local`` or ``katib``.
        katib: `katib_request`'s keywords.
        history: becomes the records.
        metrics: becomes numbers about the search.

    Returns:
        The work of the first rung.

    Raises:
        ConfigError: there is no such backend.
        AutoGANError: the search failed.
    """
    run = step.open(reference)
    if run.searched:
        logger.info("the search of %s is finished already and is not repeated", run.location)
    elif check_backend(backend) == "local":
        run.search()
    else:
        _search_under_katib(step, run, reference, katib)
    publish_history(history, run)
    publish_metrics(metrics, _measure(run), run, reward=reward_words(run.config.search.reward, run.config.scores))
    return rung_items(reference, run.ladder(), 1)


def _search_under_katib(step: Step, run: Run, reference: str, katib: Mapping[str, Any]) -> None:
    # Slow to import, and of no use to a local search.
    from autogan_kubeflow.components.katib_search import finish, search_with_katib
    from autogan_kubeflow.components.pipeline_run.katib import connect, katib_request
    from autogan_kubeflow.components.trial.search_iteration import run_folder

    request = katib_request(run.config, reference, step.store_ref.uri, **katib)
    experiments = connect(request)
    found = search_with_katib(run.config, request, experiments, step.stop_requested())
    if run.config.retrain.start == "shared":
        run.keep_weights(step.store_ref.folder(run_folder(found.run, "")))
    run.keep_history(found.records)
    finish(request, experiments)  # the Experiment goes only when its history is stored


def _measure(run: Run) -> dict[str, float]:
    history = run.history
    rewards = [reward for record in history for _, reward in record.scored]
    return {
        "best_reward": run.beams()[0].reward,
        "slots": len(history),
        "failed_slots": sum(record.failure is not None for record in history),
        "resets": sum(record.reset for record in history),
        "candidates_scored": len(rewards),
        "architectures_scored": len({architecture for record in history for architecture, _ in record.scored}),
    }
