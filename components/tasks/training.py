"""The work of the two steps that train: to the end of a rung that others follow, and to the end."""

from __future__ import annotations

from autogan_core.runs.halving.halving import Rung
from autogan_core.runs.run import Run
from autogan_core.training.validation import TrainingResult
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.step_runtime.publish import publish_metrics, publish_model, publish_no_model
from autogan_kubeflow.components.step_runtime.step import Step


def train_to_rung(step: Step, item: LoopItem, metrics: OutputArtifact) -> None:
    """Trains to the end of a rung; ``metrics`` become the scores there, and stay empty if the training diverges."""
    run = step.open(item.run)
    training = _train(run, item)
    publish_metrics(metrics, training.last.named if training else {}, run, architecture=item.architecture)


def train_to_end(step: Step, item: LoopItem, model: OutputArtifact) -> None:
    """Trains to the end of the last rung; ``model`` becomes the best generator, or the reason why there is none.

    Raises:
        NonFiniteLossError: the training diverged, and there is no successive halving.
    """
    run = step.open(item.run)
    training = _train(run, item)
    if training is None:
        publish_no_model(model, run, item, run.failure(item.parsed) or "")
    else:
        publish_model(model, run, item, run.generator(item.parsed, "best"), training.best.fid)


def _train(run: Run, item: LoopItem) -> TrainingResult | None:
    """Trains, and returns the training; None if it has diverged, which is logged."""
    return run.train_to(item.parsed, Rung(item.rung - 1, item.iterations, item.entrants), item.rungs)
