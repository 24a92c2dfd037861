"""The summary of a pipeline run: a few lines of Markdown, written whatever happened."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from autogan_core.errors import AutoGANError, StateError
from autogan_core.metrics.protocols import LONG_NAMES, bias_note, find_score, joint_protocol
from autogan_core.report.results.results import PAGE
from autogan_core.runs.run_records import RunRecords
from autogan_core.storage import write_atomically
from autogan_kubeflow.components.pipeline_run.causes import causes
from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE, PipelineRun, PipelineRunCard
from autogan_kubeflow.components.pipeline_run.standings import standings_markdown
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.attempts import in_pod
from autogan_kubeflow.components.step_runtime.step import Step

if TYPE_CHECKING:  # the cluster is asked about a run that did not succeed
    from autogan_kubeflow.components.pipeline_run.workflow import Workflow

logger = logging.getLogger(__name__)


SUCCEEDED = ("SUCCEEDED", "COMPLETE", "CACHED")
"""KFP's words for it: kfp's local runner says the first, the backend those of its metadata store."""


def sum_up(step: Step, state: str, error: str, artifact: OutputArtifact) -> None:
    """Writes the summary into the pipeline run's folder and the step's artifact, and removes an orphaned Experiment.

    Args:
        step: the step, which must know its pipeline run.
        state: from KFP; not to be relied on for runs that did not succeed.
        error: what KFP knows about a failure.
        artifact: becomes the summary.
    """
    try:
        text = _summary(step, step.known_pipeline_run, state, error)
        step.known_pipeline_run.keep_summary(text)
    except AutoGANError as unreadable:
        text = _without_store(state, error, unreadable)
    artifact.uri += ".md"
    write_atomically(Path(artifact.path), text.encode())
    for line in filter(None, text.splitlines()):
        logger.info("%s", line)


def _summary(step: Step, pipeline_run: PipelineRun, state: str, error: str) -> str:
    card, steps = pipeline_run.card(), pipeline_run.steps()
    pages = {kind: page for kind in ("report", "trend") if (page := pipeline_run.page(kind))}
    workflow = None if state in SUCCEEDED else _workflow(pipeline_run.identifier, card)
    # KFP's state of a run with a loop may be stuck at RUNNING (pipelines issue 12131), but the page is written last. It
    # may still be that its upload failed.
    lost = workflow is not None and bool(workflow.cancelled or workflow.failed)
    succeeded = state in SUCCEEDED or (bool(pages) and not lost)
    lines = [] if succeeded else [f"- {line}" for line in causes(steps, workflow)]
    if error and not succeeded:
        lines.append(f"- KFP says: {error}")
    how = "succeeded" if succeeded else "cancelled" if workflow and workflow.cancelled else "failed"
    if card is None:
        lines.append("- It ended before its settings were accepted; nothing was made.")
        return _page("Pipeline run", how, lines)
    run = step.store_ref.records(card.run)
    if "report" not in pages and run.has_file(PAGE):  # a cached step does not note it anew
        pages["report"] = f"{run.location}/{PAGE}"
    lines += [f"- The {kind} is `{page}`." for kind, page in pages.items()]
    lines += _found(run)
    if not succeeded and card.experiment and not run.searched:
        lines += _dispose(card, pipeline_run, workflow)
    return _page(card.pipeline, how, lines)


def _workflow(identifier: str, card: PipelineRunCard | None) -> Workflow | None:
    """The run as Argo has it, where there is a cluster."""
    if not in_pod() and not (card and card.experiment):
        return None
    from autogan_kubeflow.components.pipeline_run.workflow import find_workflow

    return find_workflow(identifier)


def _without_store(state: str, error: str, reason: AutoGANError) -> str:
    """All that can be said where the run store cannot be read."""
    if state in SUCCEEDED:
        return _page("Pipeline run", "succeeded", [f"- What it left cannot be read: {reason}"])
    workflow = _workflow(os.environ.get(PIPELINE_RUN_VARIABLE, ""), None)
    failed = state == "FAILED" or bool(workflow and workflow.failed)
    how = "cancelled" if workflow and workflow.cancelled else "failed" if failed else "ended"
    lines = causes([], workflow) if workflow and workflow.failed else []
    lines.append(f"KFP says: {error or state}")
    lines.append(f"What it left cannot be read: {reason}")
    lines.append(
        "If it searched with Katib, its Experiment may still run: look with `kubectl get experiments --all-namespaces`."
    )
    return _page("Pipeline run", how, [f"- {line}" for line in lines])


def _page(pipeline: str, how: str, lines: Sequence[str]) -> str:
    return "\n".join([f"# {pipeline} {how}", "", *lines]) + "\n"


def _found(run: RunRecords) -> list[str]:
    lines = [f"- Everything lies in `{run.location}`."]
    if run.searched:
        best = run.beams()[0]
        lines.append(f"- Best of the search: `{best.architecture}` ({best.architecture.readable}), {best.reward:.3f}")
        lines += _standings(run)
    return [*lines, *_scores(run)]


def _standings(run: RunRecords) -> list[str]:
    """The standings of the pool before the furthest rung that it has reached.

    Returns:
        Markdown lines; none for a pool that was chosen elsewhere, whose step reports them.
    """
    ladder = run.ladder()
    for rung in range(len(ladder.rungs), 1, -1):
        with suppress(StateError):
            return ["", standings_markdown(ladder, rung).rstrip().replace("# ", "## ", 1)]
    return []


def _scores(run: RunRecords) -> list[str]:
    evaluated = run.evaluated()
    if not evaluated:
        return ["- Nothing has been scored yet."]
    lines = ["", f"| architecture | {' | '.join(LONG_NAMES.values())} |", f"|---|{'---|' * len(LONG_NAMES)}"]
    for architecture, scores in evaluated.items():
        cells = [found.text if (found := find_score(scores.best.scores, kind)) else "" for kind in LONG_NAMES]
        lines.append(f"| {architecture} | {' | '.join(cells)} |")
    protocol = joint_protocol(next(iter(evaluated.values())).best.scores)
    note = bias_note(scores.best.scores for scores in evaluated.values())
    return [*lines, "", f"Best checkpoints; {protocol}.{f' {note}' if note else ''}"]


def _dispose(card: PipelineRunCard, pipeline_run: PipelineRun, workflow: Workflow | None) -> list[str]:
    """Removes the Experiment of a run that searched under Katib.

    It stays if the search step was lost without anybody having asked for that: starting the pipeline again finds it.

    Returns:
        Markdown lines for the summary; none if there was nothing to remove.
    """
    from autogan_kubeflow.components.pipeline_run.katib import remove_running

    name = f"`{card.katib_namespace}/{card.experiment}`"
    search, failures = pipeline_run.step("search"), pipeline_run.failures()
    lost = not workflow.cancelled if workflow else "search" in failures
    if lost and "prepare-data" not in failures and not (search and search.final):
        delete = f"kubectl -n {card.katib_namespace} delete experiment {card.experiment}"
        return [
            f"- The search step was lost, but its Experiment {name} goes on if it has not ended: start the pipeline "
            f"again to go on with it, or run `{delete}`."
        ]
    try:
        return [f"- Its Experiment {name} was still running, and was removed."] if remove_running(card) else []
    except AutoGANError as error:
        return [f"- Whether its Experiment {name} still runs is not known: {error}"]
