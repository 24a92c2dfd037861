"""What is on Kubeflow Pipelines, in lines for people. Importing this module imports kfp."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from autogan_core.errors import ConfigError
from pipelines.catalogue import PIPELINES
from pipelines.connection import Server
from pipelines.cron import Cron
from pipelines.remote import elapsed, errors, get_run, outputs_place, pipeline_name, tasks
from pipelines.schedules import cron_text, existing

LATEST_RUNS = 10
LOOKED_AT = 200
"""Runs among which the latest of ours are looked for; others may have many in the same namespace."""


def overview_lines(server: Server) -> Iterator[str]:
    """The latest runs of our pipelines, and our schedules.

    Raises:
        PipelinesError: refused or unreachable.
    """
    ours = _recognizer(server)
    listed = itertools.islice(server.everything(server.client.list_runs, "runs"), LOOKED_AT)
    runs = itertools.islice((run for run in listed if ours(run)), LATEST_RUNS)
    rows = [(r.display_name, r.run_id, r.state or "", _time(r.created_at), _duration(elapsed(r))) for r in runs]
    yield from _table(("run", "id", "state", "started (UTC)", "duration"), rows, "no runs of these pipelines")
    yield ""
    schedules = [_schedule_row(each) for each in existing(server)]
    header = ("schedule", "id", "when", "next (if in UTC)", "")
    yield from _table(header, schedules, "no schedules made by 'autogan pipeline schedule'")


def run_lines(server: Server, run_id: str) -> Iterator[str]:
    """One run: its tasks in order, what failed and where its outputs lie.

    Raises:
        ConfigError: there is none of this id.
        PipelinesError: refused or unreachable.
    """
    run = get_run(server, run_id)
    yield f"{run.display_name}: {run.state or 'not begun'}  {_duration(elapsed(run))}".rstrip()
    rows = [(task.name, task.state, _time(task.started), _duration(task.duration)) for task in tasks(run)]
    yield from _table(("task", "state", "started (UTC)", "duration"), rows, "no task has begun")
    for error in errors(run):
        yield f"error: {error}"
    yield f"outputs: {outputs_place(run)}"
    yield f"page: {server.page(f'runs/details/{run_id}')}"


def _recognizer(server: Server) -> Callable[[Any], bool]:
    """Tells runs of our pipelines. Those of an uploaded pipeline only refer to its specification."""

    @cache
    def uploaded_name(pipeline_id: str, version_id: str) -> str | None:
        return pipeline_name(server.client.get_pipeline_version(pipeline_id, version_id).pipeline_spec)

    def is_ours(run: Any) -> bool:
        reference = run.pipeline_version_reference
        if run.pipeline_spec or not (reference and reference.pipeline_version_id):
            return pipeline_name(run.pipeline_spec) in PIPELINES
        return uploaded_name(reference.pipeline_id, reference.pipeline_version_id) in PIPELINES

    return is_ours


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
