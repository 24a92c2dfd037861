"""The evaluate step's work: the right model, its scores, and a page of samples."""

from __future__ import annotations

import html
import logging
from pathlib import Path

from autogan_core.errors import StateError
from autogan_core.report.samples import samples_page
from autogan_core.runs.run import GRID_IMAGES, Run
from autogan_core.storage import write_atomically
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.step_runtime.publish import describe, publish_metrics, publish_scores
from autogan_kubeflow.components.step_runtime.step import Step

logger = logging.getLogger(__name__)


def evaluate_model(
    step: Step, item: LoopItem, model: OutputArtifact, scores: OutputArtifact, samples: OutputArtifact
) -> None:
    """Scores a trained architecture. One whose training has diverged gets no scores, and a page that says why.

    Args:
        step: the step.
        item: which architecture, of which run.
        model: what was trained.
        scores: becomes the scores of both checkpoints.
        samples: becomes a page of samples.

    Raises:
        StateError: the model is another's.
    """
    require_model(model, item)
    run = step.open(item.run)
    if reason := model.metadata.get("diverged"):
        logger.warning("%s has diverged and gets no scores: %s", item.architecture, reason)
        publish_metrics(scores, {}, run, architecture=item.architecture)
        text = f"The training of {item.architecture} has diverged: {reason}"
        _publish_page(samples, run, item, f"<!doctype html><title>Diverged</title><p>{html.escape(text)}</p>\n")
        return
    final = run.evaluate([item.parsed])[item.parsed]
    publish_scores(scores, run, item, final)
    images = run.sample(item.parsed, "best", GRID_IMAGES, run.config.seed)
    _publish_page(samples, run, item, samples_page(item.parsed, images, final.best))


def require_model(model: OutputArtifact, item: LoopItem) -> None:
    """Checks that a model is the one that is to be evaluated.

    Raises:
        StateError: it is of another architecture or run.
    """
    found = (model.metadata.get("architecture"), model.metadata.get("reference"))
    if found != (item.architecture, item.run):
        raise StateError(
            f"the model at {model.uri} is {found[0]} of the run {found[1]}, not {item.architecture} of {item.run}; "
            "connect the step to the training of the same work item"
        )


def _publish_page(artifact: OutputArtifact, run: Run, item: LoopItem, page: str) -> None:
    artifact.uri += ".html"
    write_atomically(Path(artifact.path), page.encode())
    describe(artifact, run, architecture=item.architecture)
