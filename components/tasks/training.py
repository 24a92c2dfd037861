"""The work of the two steps that train: to the end of a rung that others follow, and to the end."""

from __future__ import annotations

from autogan_core.runs.halving import Rung
from autogan_core.runs.run import Run
from autogan_core.training.validation import Training
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.publish import publish_metrics, publish_model, publish_no_model
from autogan_kubeflow.components.step_runtime.step import Step
from autogan_kubeflow.components.step_runtime.work import Work


def train_to_rung(here: Step, work: Work, metrics: OutputArtifact) -> None:
    """Trains to the end of a rung; ``metrics`` become the scores there, and stay empty if the training diverges."""
    run = here.open(work.run)
    training = _train(run, work)
    publish_metrics(metrics, training.last.named if training else {}, run, architecture=work.architecture)


def train_to_end(here: Step, work: Work, model: OutputArtifact) -> None:
    """Trains to the end of the last rung; ``model`` becomes the best generator, or the reason why there is none.

    Raises:
        NonFiniteLossError: the training diverged, and there is no successive halving.
    """
    run = here.open(work.run)
    training = _train(run, work)
    if training is None:
        publish_no_model(model, run, work, run.failure(work.parsed) or "")
    else:
        publish_model(model, run, work, run.generator(work.parsed, "best"), training.best.fid)


def _train(run: Run, work: Work) -> Training | None:
    """Trains, and returns the training; None if it has diverged, which is logged."""
    return run.train_to(work.parsed, Rung(work.rung - 1, work.iterations, work.entrants), work.rungs)
