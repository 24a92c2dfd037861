"""A line for the history of scores, and the trend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from autogan_core.errors import AutoGANError, StateError
from autogan_core.report.score_history import Evaluation, HistoryLine, ScoreHistory
from autogan_core.report.trend import render_trend, trend_markdown
from autogan_core.runs.run import Run
from autogan_core.runtime.provenance import code_fingerprint, git_revision
from autogan_core.search_space import Architecture
from autogan_core.storage import write_atomically
from autogan_kubeflow.components.pipeline_run.form import check_run_name
from autogan_kubeflow.components.pipeline_run.runs import RunReference
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.step_runtime.publish import publish_metrics
from autogan_kubeflow.components.step_runtime.step import Step


def record(
    step: Step,
    reference: str,
    items: Sequence[str],
    expected: int,
    history: str,
    page: OutputArtifact,
    text: OutputArtifact,
    metrics: OutputArtifact,
) -> None:
    """Adds this pipeline run's line and publishes the trend, which goes into the run store too.

    Args:
        step: the step, which must know its pipeline run.
        reference: of the run.
        items: of the last rung, as JSON.
        expected: architectures that the pipeline has evaluated, those whose training has diverged included.
        history: the history's name; "" for the data set's.
        page: becomes the trend as HTML.
        text: becomes the trend as Markdown.
        metrics: becomes the newest scores.

    Raises:
        ConfigError: the history's name is none.
        StateError: not all architectures have been evaluated.
        AutoGANError: all of them have diverged.
    """
    run = step.open(reference)
    name = history or run.config.data.name
    check_run_name(name, "score_history")
    entered = [LoopItem.loads(item).parsed for item in items]
    if expected != len(entered):
        raise StateError(f"{expected} of {len(entered)} architectures have scores; start the pipeline again")
    architectures = [architecture for architecture in entered if run.failure(architecture) is None]
    if not architectures:
        raise AutoGANError(f"every training of the last rung has diverged: {run.failure(entered[0])}")
    line = HistoryLine(
        pipeline_run=step.known_pipeline_run.identifier,
        time=datetime.now(UTC).replace(microsecond=0),
        run=RunReference.parse(reference).folder,
        dataset=f"{run.config.data.name} at {run.config.model.image_size}x{run.config.model.image_size}",
        data=run.config.data.fingerprint or run.inputs.dataset.fingerprint,
        code=code_fingerprint(),
        revision=git_revision(),
        evaluations=_evaluations(run, architectures),
    )
    lines = ScoreHistory(step.store_ref.store, f"scores/{name}").add(line)
    html = render_trend(lines, f"Scores on {name}").encode()
    step.store_ref.store.write(f"scores/{name}.html", html)
    step.known_pipeline_run.keep_page("trend", step.store_ref.store.location(f"scores/{name}.html"))
    page.uri += ".html"
    write_atomically(Path(page.path), html)
    text.uri += ".md"
    write_atomically(Path(text.path), trend_markdown(lines).encode())
    numbers = {f"{e.architecture}_{key}": value for e in line.evaluations for key, value in e.scores.items()}
    location = step.store_ref.store.location(f"scores/{name}.json")
    publish_metrics(metrics, {**numbers, "lines": len(lines)}, run, history=location)


def _evaluations(run: Run, architectures: Sequence[Architecture]) -> tuple[Evaluation, ...]:
    found = [(architecture, run.final_scores(architecture)) for architecture in architectures]
    return tuple(
        Evaluation(
            architecture=architecture,
            iteration=scores.best.iteration,
            scores=scores.best.scores,
            evaluated=scores.evaluated,
            collapsed=run.training(architecture).collapsed,
        )
        for architecture, scores in found
    )
