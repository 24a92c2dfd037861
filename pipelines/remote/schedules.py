"""Schedules on Kubeflow Pipelines, which calls them recurring runs. Importing this module imports kfp."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.remote.connection import Server, quiet
from autogan_kubeflow.pipelines.remote.cron import Cron
from autogan_kubeflow.pipelines.remote.rest import PipelinesError
from autogan_kubeflow.pipelines.remote.run_steps import FINISHED
from autogan_kubeflow.pipelines.remote.runs import Order, Report, cancel

_MARK = re.compile(r"autogan schedule ([0-9a-f]{16}), pipeline ([0-9a-f]{16})")
"""Stands in the description of every schedule that is ours: digests of all its content and of its pipeline."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """An order, to be run again and again under one name."""

    name: str
    """Identifies the schedule among those that this program made."""
    order: Order
    cron: Cron
    max_concurrency: int
    """Runs at one time, 1 to 10; while as many go on, no other is begun."""

    def settings(self) -> dict[str, Any]:
        """All of it but the pipeline's specification, in plain values."""
        own = {"schedule": self.name, "cron": self.cron.text, "max_concurrency": self.max_concurrency}
        return own | self.order.settings()

    def mark(self) -> str:
        """Equal marks mean equal content; the service is of no help, as it fills in defaults."""
        pipeline = _digest(self.order.documents())
        return f"autogan schedule {_digest([pipeline, self.settings()])}, pipeline {pipeline}"


def apply(server: Server, schedule: Schedule, report: Report, *, cancel_runs: bool = False) -> None:
    """Makes sure that exactly this schedule exists under its name, and says what was done.

    The API cannot change a schedule, so the new one is made before the old are deleted: killed in between, the next
    call finds the new one in place and deletes the rest. One that was switched off is made anew too, as it would catch
    up at once with a date that it missed. Runs that a former schedule has begun go on, unless they are to be cancelled.

    Raises:
        ConfigError: the name belongs to a schedule that something else made.
        PipelinesError: refused or unreachable.
    """
    found = _ours(server, schedule.name)
    mark = schedule.mark()
    kept = next((old for old in found if old.mode == "ENABLE" and mark in old.description), None)
    if kept:
        report(f"the schedule '{schedule.name}' is in place, nothing to change: {kept.recurring_run_id}")
    else:
        created = _create(server, schedule, mark)
        report(f"{'replaced' if found else 'created'} the schedule '{schedule.name}': {created}")
        for line in _changes(found[0], schedule, mark) if found else ():
            report(f"  {line}")
    for old in found:
        if old is not kept:
            _delete(server, old, report, cancel_runs=cancel_runs)
            report(f"  deleted the former {old.recurring_run_id}")


def remove(server: Server, name: str, report: Report, *, cancel_runs: bool = False) -> None:
    """Deletes what this program made under a name; runs that it began go on, unless they are to be cancelled.

    Raises:
        ConfigError: the name belongs to a schedule that something else made.
        PipelinesError: refused or unreachable.
    """
    found = _ours(server, name)
    for old in found:
        _delete(server, old, report, cancel_runs=cancel_runs)
        report(f"deleted the schedule '{name}': {old.recurring_run_id}")
    if not found:
        report(f"there is no schedule '{name}'; nothing to delete")


def existing(server: Server) -> Iterator[Any]:
    """All schedules that this program made, as kfp gives them, the newest first."""
    found = server.everything(server.client.list_recurring_runs, "recurring_runs")
    return (each for each in found if _MARK.search(each.description or ""))


def cron_text(recurring_run: Any) -> str | None:
    """The cron expression of a recurring run; None where it has a fixed interval."""
    schedule = recurring_run.trigger and recurring_run.trigger.cron_schedule
    return schedule.cron if schedule else None


def _ours(server: Server, name: str) -> list[Any]:
    query = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})
    found = list(server.everything(server.client.list_recurring_runs, "recurring_runs", filter=query))
    for each in found:
        if not _MARK.search(each.description or ""):
            raise ConfigError(
                f"a recurring run named '{name}' exists that 'autogan pipeline schedule' did not make "
                f"({each.recurring_run_id}); choose another --name, or delete it in the UI"
            )
    return found


def _create(server: Server, schedule: Schedule, mark: str) -> str:
    experiment = server.experiment(schedule.order.experiment)
    with quiet():
        created = server.client.create_recurring_run(
            experiment,
            schedule.name,
            description=f"{schedule.cron.words}. Made by 'autogan pipeline schedule' ({mark}).",
            cron_expression=schedule.cron.text,
            max_concurrency=schedule.max_concurrency,
            no_catchup=True,
            **schedule.order.job(),
        )
    created_id: str = created.recurring_run_id
    return created_id


def _delete(server: Server, recurring_run: Any, report: Report, *, cancel_runs: bool) -> None:
    for run in _under_way(server, recurring_run):
        if cancel_runs:
            cancel(server, run)
            report(f"  cancelled its run {run.run_id} ({run.display_name})")
        else:
            report(f"  its run {run.run_id} ({run.display_name}) goes on")
    try:
        server.client.delete_recurring_run(recurring_run.recurring_run_id)
    except PipelinesError as error:
        if error.status != 404:  # somebody else was faster
            raise


def _under_way(server: Server, recurring_run: Any) -> list[Any]:
    """The runs that a schedule has begun and that have not ended."""
    predicate = {"operation": "EQUALS", "key": "recurring_run_id", "stringValue": recurring_run.recurring_run_id}
    query = json.dumps({"predicates": [predicate]})
    runs = server.everything(server.client.list_runs, "runs", filter=query)
    return [run for run in runs if run.state not in FINISHED]


def _changes(old: Any, schedule: Schedule, mark: str) -> list[str]:
    """The differences between a schedule and the one it replaces, a line for each that is known."""
    lines = [] if old.mode == "ENABLE" else ["it was switched off, and is on again"]
    config = old.runtime_config
    before = {"cron": cron_text(old), "max_concurrency": int(old.max_concurrency or 0)}
    after = {"cron": schedule.cron.text, "max_concurrency": schedule.max_concurrency}
    before["pipeline_root"] = (config and config.pipeline_root) or None
    after["pipeline_root"] = schedule.order.pipeline_root
    given_before, given = (config and config.parameters) or {}, schedule.order.arguments
    names = sorted({*given_before, *given})
    pairs = [(name, before[name], after[name]) for name in before]
    pairs += [(name, given_before.get(name, "its default"), given.get(name, "its default")) for name in names]
    lines += [f"{name}: {was} -> {now}" for name, was, now in pairs if was != now]
    if _pipeline_of(old.description) != _pipeline_of(mark):
        lines.append("the pipeline itself has changed")
    return lines or ["experiment, service account or caching have changed"]


def _pipeline_of(text: str) -> str | None:
    mark = _MARK.search(text)
    return mark and mark[2]


def _digest(tree: Any) -> str:
    return hashlib.sha256(json.dumps(tree, sort_keys=True, default=str).encode()).hexdigest()[:16]
