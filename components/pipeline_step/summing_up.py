"""How a pipeline run ended: a few lines of Markdown, written whatever happened."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from autogan_core.errors import AutoGANError
from autogan_core.report.protocols import LONG_NAMES, find_score, joint_protocol
from autogan_core.report.results import PAGE
from autogan_core.run import Run
from autogan_core.storage import write_atomically
from components.pipeline_step.job import Job, JobCard
from components.pipeline_step.publish import OutputArtifact
from components.pipeline_step.step import Step

logger = logging.getLogger(__name__)


SUCCEEDED = ("SUCCEEDED", "COMPLETE", "CACHED")
"""KFP's words for it: kfp's local runner says the first, the backend those of its metadata store."""


def sum_up(here: Step, state: str, error: str, artifact: OutputArtifact) -> None:
    """Writes the summary into the job's folder and the step's artifact, and disposes of an Experiment that nobody
    follows any more.

    Args:
        here: the step, which must know its job.
        state: from KFP; not to be relied on for runs that did not succeed.
        error: what KFP knows about a failure.
        artifact: becomes the summary.
    """
    try:
        text = _summary(here, here.known_job, state, error)
        here.known_job.keep_summary(text)
    except AutoGANError as unreadable:
        text = f"# Pipeline run {state.lower()}\n\n- {error}\n- What it left cannot be read: {unreadable}\n"
    artifact.uri += ".md"
    write_atomically(Path(artifact.path), text.encode())
    logger.info("%s", text)


def _summary(here: Step, job: Job, state: str, error: str) -> str:
    card, failures = job.card(), job.failures()
    pages = {kind: page for kind in ("report", "trend") if (page := job.page(kind))}
    # KFP's state of a run with a loop may be stuck at RUNNING (pipelines issue 12131), but the page is written last.
    succeeded = state in SUCCEEDED or bool(pages)
    lines = [] if succeeded else [f"- **{step}** failed: {reason}" for step, reason in failures.items()]
    if error and not succeeded:
        lines.append(f"- KFP says: {error}")
    if card is None:
        lines.append("- It ended before its settings were accepted; nothing was made.")
        return _page("Pipeline run", "succeeded" if succeeded else "failed", lines)
    run = here.open(card.run)
    if "report" not in pages and run.has_file(PAGE):  # a cached step does not note it anew
        pages["report"] = f"{run.location}/{PAGE}"
    lines += [f"- The {kind} is `{page}`." for kind, page in pages.items()]
    lines += _found(run)
    if succeeded:
        return _page(card.pipeline, "succeeded", lines)
    how = "failed"
    if card.experiment and not run.searched:
        how, disposal = _dispose(card, job)
        lines += disposal
    return _page(card.pipeline, how, lines)


def _page(pipeline: str, how: str, lines: Sequence[str]) -> str:
    return "\n".join([f"# {pipeline} {how}", "", *lines]) + "\n"


def _found(run: Run) -> list[str]:
    lines = [f"- Everything lies in `{run.location}`."]
    if run.searched:
        best = run.beams()[0]
        lines.append(f"- Best of the search: `{best.architecture}` ({best.architecture.readable}), {best.reward:.3f}")
    return [*lines, *_scores(run)]


def _scores(run: Run) -> list[str]:
    evaluated = run.evaluated()
    if not evaluated:
        return ["- Nothing has been scored yet."]
    lines = ["", f"| architecture | {' | '.join(LONG_NAMES.values())} |", f"|---|{'---|' * len(LONG_NAMES)}"]
    for architecture, scores in evaluated.items():
        cells = [found.text if (found := find_score(scores.best.scores, kind)) else "" for kind in LONG_NAMES]
        lines.append(f"| {architecture} | {' | '.join(cells)} |")
    protocol = joint_protocol(next(iter(evaluated.values())).best.scores)
    return [*lines, "", f"Best checkpoints; {protocol}."]


def _dispose(card: JobCard, job: Job) -> tuple[str, list[str]]:
    """How a run that searched under Katib ended, and what became of its Experiment.

    It is removed, unless the search step was lost without anybody having asked for that: then it goes on, and starting
    the pipeline again finds it.
    """
    from components.katib_search import run_was_cancelled
    from components.pipeline_step.katib import remove_running

    name = f"`{card.katib_namespace}/{card.experiment}`"
    cancelled = run_was_cancelled(job.identifier)
    failures = job.failures()
    lost = cancelled is False or (cancelled is None and "search" in failures)
    how = "cancelled" if cancelled else "failed"
    if lost and "prepare-data" not in failures and job.failure("search") is None:
        delete = f"kubectl -n {card.katib_namespace} delete experiment {card.experiment}"
        return how, [
            f"- The search step was lost, but its Experiment {name} goes on if it has not ended: start the pipeline "
            f"again to go on with it, or run `{delete}`."
        ]
    try:
        return how, [f"- Its Experiment {name} was still running, and was removed."] if remove_running(card) else []
    except AutoGANError as error:
        return how, [f"- Whether its Experiment {name} still runs is not known: {error}"]
