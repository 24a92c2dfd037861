"""An overview of Kubeflow Pipelines, in lines of text. Importing this module imports kfp."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.catalogue import PIPELINES
from autogan_kubeflow.pipelines.remote.connection import Server
from autogan_kubeflow.pipelines.remote.cron import Cron
from autogan_kubeflow.pipelines.remote.run_reasons import reasons, where_to_look, why_waiting
from autogan_kubeflow.pipelines.remote.run_steps import elapsed, run_state, run_steps, waiting_for_a_node
from autogan_kubeflow.pipelines.remote.runs import get_run
from autogan_kubeflow.pipelines.remote.schedules import cron_text, existing
from autogan_kubeflow.pipelines.remote.specification import Specification, Specifications, named_steps, pipeline_name

LATEST_RUNS = 10
LOOKED_AT = 200
"""Runs among which the latest of ours are looked for; others may have many in the same namespace."""


def overview_lines(server: Server) -> Iterator[str]:
    """Describes the latest runs of our pipelines, and our schedules.

    Yields:
        Lines of text: two tables with an empty line between them.

    Raises:
        PipelinesError: refused or unreachable.
    """
    specifications = Specifications(server)
    listed = itertools.islice(server.everything(server.client.list_runs, "runs"), LOOKED_AT)
    runs = itertools.islice((run for run in listed if pipeline_name(specifications.of(run)) in PIPELINES), LATEST_RUNS)
    rows = [(r.display_name, r.run_id, run_state(r), _time(r.created_at), _duration(elapsed(r))) for r in runs]
    yield from _table(("run", "id", "state", "started (UTC)", "duration"), rows, "no runs of these pipelines")
    yield ""
    schedules = [_schedule_row(each) for each in existing(server)]
    header = ("schedule", "id", "when", "next (if in UTC)", "")
    yield from _table(header, schedules, "no schedules made by 'autogan pipeline schedule'")


def run_lines(server: Server, run_id: str) -> Iterator[str]:
    """Describes one run.

    Yields:
        Lines of text: its steps in order, reasons of failures, and where outputs and logs are.

    Raises:
        ConfigError: there is none of this id.
        PipelinesError: refused or unreachable.
    """
    run = get_run(server, run_id)
    specification = Specifications(server).of(run)
    names = named_steps(specification)
    steps = run_steps(run, names)
    yield f"{run.display_name}: {run_state(run) or 'not begun'}  {_duration(elapsed(run))}".rstrip()
    rows = [(step.title, step.state, _time(step.started), _duration(step.duration)) for step in steps]
    yield from _table(("step", "state", "started (UTC)", "duration"), rows, "no step has begun")
    if run_state(run) in ("FAILED", "CANCELED") or any(step.state == "FAILED" for step in steps):
        for reason in reasons(run, specification, steps, names):
            yield f"reason: {reason}"
        yield f"logs: {where_to_look(server.namespace, run_id)}"
    if waiting_for_a_node(run):
        yield f"a pod is pending; why says: {why_waiting(server.namespace, run_id)}"
    yield f"outputs: {_outputs_place(run, specification)}"
    yield f"page: {server.page(f'runs/details/{run_id}')}"


def _outputs_place(run: Any, specification: Specification | None) -> str:
    """The location of a run's artifacts in KFP; below it each step has a folder."""
    given = run.runtime_config and run.runtime_config.pipeline_root
    root = given or (specification and specification.get("defaultPipelineRoot"))
    folder = "/".join(part for part in (pipeline_name(specification), run.run_id) if part)
    if root:
        return f"{root.rstrip('/')}/{folder}"
    return f"{folder} in the installation's pipeline root (minio://mlpipeline/v2/artifacts unless it was changed)"


def _schedule_row(recurring_run: Any) -> tuple[str, ...]:
    text = cron_text(recurring_run) or ""
    enabled = recurring_run.mode == "ENABLE"
    try:
        cron = Cron.parse(text)
        when, following = cron.words, _time(cron.next_dates(datetime.now(UTC), 1)[0])
    except ConfigError:  # an end has come to it that it did not have when it was made
        when, following = text, "never"
    name = (recurring_run.display_name, recurring_run.recurring_run_id)
    return (*name, when, following if enabled else "", "enabled" if enabled else "switched off")


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str) -> Iterator[str]:
    """Columns as wide as their content, whatever the terminal's width: ids are copied whole."""
    if not rows:
        yield empty
        return
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else ""


def _duration(span: timedelta | None) -> str:
    if span is None:
        return ""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"
