"""The evaluate step's work beside scoring: the right model, and a page of samples."""

from __future__ import annotations

from pathlib import Path

from autogan_core.errors import StateError
from autogan_core.final_scores import FinalScores
from autogan_core.report.samples import samples_page as render_samples
from autogan_core.run import GRID_IMAGES, Run
from autogan_core.storage import write_atomically
from components.pipeline_step.artifact import OutputArtifact
from components.pipeline_step.publish import describe
from components.pipeline_step.work import Work


def require_model(model: OutputArtifact, work: Work) -> None:
    """Checks that a model is the one that is to be evaluated.

    Raises:
        StateError: it is of another architecture or run.
    """
    found = (model.metadata.get("architecture"), model.metadata.get("reference"))
    if found != (work.architecture, work.run):
        raise StateError(
            f"the model at {model.uri} is {found[0]} of the run {found[1]}, not {work.architecture} of {work.run}; "
            "connect the step to the training of the same work item"
        )


def samples_page(artifact: OutputArtifact, run: Run, work: Work, scores: FinalScores) -> None:
    """A page with a grid of uncurated samples and the scores of the best checkpoint."""
    images = run.sample(work.parsed, "best", GRID_IMAGES, run.config.seed)
    artifact.uri += ".html"
    write_atomically(Path(artifact.path), render_samples(work.parsed, images, scores.best).encode())
    describe(artifact, run, architecture=work.architecture)
