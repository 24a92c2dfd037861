"""The report step's work."""

from __future__ import annotations

from pathlib import Path

from autogan_core.errors import AutoGANError, StateError
from autogan_core.metrics.protocols import joint_protocol
from autogan_core.presets import command_for
from autogan_core.report import RunResults
from autogan_core.report.html import report_files
from autogan_core.report.markdown import report_markdown
from autogan_core.report.results.results import PAGE
from autogan_core.runs.run_results import collect_results
from autogan_core.storage import write_atomically
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.publish import describe, publish_metrics
from autogan_kubeflow.components.step_runtime.step import Step


def report_run(
    step: Step, reference: str, expected: int, page: OutputArtifact, text: OutputArtifact, metrics: OutputArtifact
) -> None:
    """Writes the report into the run's folder and into the step's artifacts.

    Args:
        step: the step.
        reference: of the run.
        expected: architectures that the pipeline has evaluated, those whose training has diverged included.
        page: becomes the HTML page.
        text: becomes the Markdown.
        metrics: becomes the best architecture's scores.

    Raises:
        StateError: the run holds other trainings by now.
        AutoGANError: all of them have diverged.
    """
    run = step.open(reference)
    ladder = run.ladder()
    entered = ladder.entrants(ladder.rungs[-1])
    if len(entered) != expected:
        raise StateError(
            f"{run.location} holds {len(entered)} architectures that were trained to the end, not {expected}; somebody "
            "has removed some: start the pipeline again"
        )
    if not ladder.finalists():
        raise AutoGANError(f"every training of the last rung has diverged: {ladder.failure(entered[0])}")
    results = collect_results(run, command_for(run.config))
    files = report_files(results)
    run.keep_files(files)
    if step.pipeline_run is not None:
        step.pipeline_run.keep_page("report", f"{run.location}/{PAGE}")
    page.uri += ".html"
    write_atomically(Path(page.path), files[PAGE])
    text.uri += ".md"
    write_atomically(Path(text.path), report_markdown(results).encode())
    best = results.best_generator
    about = {
        "protocol": joint_protocol(best.best.scores) if best else "no scores",
        "architecture": str(best.architecture) if best else "",
    }
    publish_metrics(metrics, _headline(results), run, **about)
    for artifact in (page, text):
        describe(artifact, run, **about)


def _headline(results: RunResults) -> dict[str, float]:
    best = results.best_generator
    if best is None:
        return {}
    reward = {} if best.search_reward is None else {"search_reward": best.search_reward}
    return {**best.best.scores, **reward, "parameters": best.parameters, "macs": best.macs}
