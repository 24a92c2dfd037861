"""Runs on Kubeflow Pipelines: submitting one and following it. Importing this module imports kfp."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from autogan_core.errors import AutoGANError, ConfigError
from pipelines.connection import Server, quiet
from pipelines.rest import PipelinesError, PipelinesUnavailableError

POLL_S = 5.0
OUTAGE_S = 600.0
"""How long a run is followed without an answer; upgrades of Kubeflow take minutes."""
FINISHED = frozenset({"SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"})
SYSTEM_TASKS = ("-driver", "executor")
"""How the names end of what KFP itself adds to a run; of interest when it fails."""
Report = Callable[[str], None]
"""Takes one line for people."""


class RunFailedError(AutoGANError):
    """A run on Kubeflow Pipelines ended without success."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to run, and how; the same for one run and for a schedule.

    Raises:
        ConfigError: the package is not this pipeline, compiled.
    """

    pipeline: str
    """Its name."""
    package: Path
    """The compiled pipeline, YAML."""
    arguments: Mapping[str, Any]
    """Values of parameters; the others keep their defaults."""
    experiment: str
    """Under which runs are listed; made if it is not there."""
    pipeline_root: str | None = None
    """Where outputs go; None leaves it to the installation."""
    service_account: str | None = None
    """Of Kubernetes, for the pods; None leaves it to the installation."""
    caching: bool = True
    """False runs every task anew, whatever was compiled."""

    def __post_init__(self) -> None:
        found = pipeline_name(self.documents()[0])
        if self.package.suffix not in (".yaml", ".yml") or found != self.pipeline:
            raise ConfigError(
                f"{self.package} is not the pipeline '{self.pipeline}' but {found or 'no compiled pipeline at all'}; "
                "give a .yaml file that 'autogan pipeline compile' wrote"
            )

    def documents(self) -> list[Any]:
        """The pipeline's specification, and that of its platform where there is one.

        Raises:
            ConfigError: the file cannot be read.
        """
        try:
            return list(yaml.safe_load_all(self.package.read_text())) or [None]
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            text = " ".join(str(error).split())
            raise ConfigError(f"the pipeline {self.package} cannot be read: {text}; compile it again") from error

    def settings(self) -> dict[str, Any]:
        """All of it but the specification, in plain values."""
        return {
            "pipeline": self.pipeline,
            "arguments": dict(self.arguments),
            "experiment": self.experiment,
            "pipeline_root": self.pipeline_root,
            "service_account": self.service_account,
            "caching": "as compiled" if self.caching else "off",
        }

    def job(self) -> dict[str, Any]:
        """The arguments that kfp's client takes alike for runs and for recurring runs."""
        return {
            "params": dict(self.arguments),
            "pipeline_package_path": str(self.package),
            "pipeline_root": self.pipeline_root,
            "enable_caching": None if self.caching else False,
            "service_account": self.service_account,
        }


def submit(server: Server, order: Order, name: str) -> str:
    """Starts a run.

    Args:
        name: shown in the UI; need not be unique.

    Returns:
        The run's id.

    Raises:
        PipelinesError: it was refused.
        PipelinesUnavailableError: no answer; the run may exist all the same.
    """
    experiment = server.experiment(order.experiment)
    with quiet():
        run = server.client.run_pipeline(experiment, name, **order.job())
    run_id: str = run.run_id
    return run_id


def get_run(server: Server, run_id: str) -> Any:
    """The run as kfp gives it.

    Raises:
        ConfigError: there is none of this id.
        PipelinesError: refused or unreachable.
    """
    try:
        return server.client.get_run(run_id)
    except PipelinesError as error:
        if error.status in (400, 404):
            raise ConfigError(f"there is no run '{run_id}'; 'autogan pipeline status' lists the latest") from error
        raise


def cancel(server: Server, run: Any) -> None:
    """Cancels a run, whose Summary step then removes the Experiment of its search. One that ends by itself may.

    Raises:
        PipelinesError: refused or unreachable.
    """
    try:
        server.client.terminate_run(run.run_id)
    except PipelinesError as error:
        if error.status != 400:  # it has ended, or is being cancelled
            raise


def follow(server: Server, run_id: str, report: Report) -> None:
    """Waits for a run to end, and reports each change of its tasks' states.

    Raises:
        RunFailedError: it did not succeed; quotes what KFP gives as the reason.
        PipelinesUnavailableError: no answer for ten minutes; the run goes on.
    """
    states: dict[str, str] = {}
    for run in _looks(server, run_id, report):
        for task in tasks(run):
            if states.get(task.key) != task.state:
                states[task.key] = task.state
                report(f"{datetime.now(UTC):%H:%M:%S}  {task.name}: {task.state}{_because(task.error)}")
        if run.state in FINISHED:
            if run.state != "SUCCEEDED":
                reasons = errors(run)
                raise RunFailedError(f"the run {run_id} ended as {run.state}{_because('; '.join(reasons))}")
            return
        time.sleep(POLL_S)


def _looks(server: Server, run_id: str, report: Report) -> Iterator[Any]:
    """The run, again and again; outages pass unless they are long."""
    answered = time.monotonic()
    while True:
        try:
            run = get_run(server, run_id)
        except PipelinesUnavailableError as error:
            if time.monotonic() - answered > OUTAGE_S:
                raise
            report(f"{datetime.now(UTC):%H:%M:%S}  still trying: {error}")
            time.sleep(POLL_S)
            continue
        answered = time.monotonic()
        yield run


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a run."""

    key: str
    name: str
    state: str
    started: datetime | None
    duration: timedelta | None
    """None while it has not ended."""
    error: str
    """Empty where there is none."""


def tasks(run: Any) -> list[Task]:
    """A run's tasks in the order in which they began, without those of KFP itself that did not fail."""
    details = (run.run_details and run.run_details.task_details) or ()
    found = [_task(detail) for detail in details if detail.state]
    found = [task for task in found if task.error or task.state == "FAILED" or not task.name.endswith(SYSTEM_TASKS)]
    return sorted(found, key=lambda task: (task.started is None, task.started or datetime.max.replace(tzinfo=UTC)))


def _task(detail: Any) -> Task:
    error = detail.error.message if detail.error else ""
    started, ended = _moment(detail.start_time), _moment(detail.end_time)
    duration = ended - started if started and ended else None
    name = detail.display_name or detail.task_id or "a task without a name"
    return Task(detail.task_id or name, name, str(detail.state), started, duration, _one_line(error))


def elapsed(run: Any) -> timedelta | None:
    """How long a run took; None before it has ended."""
    created, finished = _moment(run.created_at), _moment(run.finished_at)
    return finished - created if created and finished else None


def _moment(given: datetime | None) -> datetime | None:
    """A time, unless it is one of the zeros that KFP sends for 'not yet'."""
    return given if given is not None and given.year > 1970 else None


def errors(run: Any) -> list[str]:
    """What KFP gives as reasons of failure: the run's, then its tasks'."""
    own = [_one_line(run.error.message)] if run.error and run.error.message else []
    return own + [f"{task.name}: {task.error}" for task in tasks(run) if task.error]


def outputs_place(run: Any) -> str:
    """Where a run's artifacts lie, below which each task has a folder."""
    spec = run.pipeline_spec or {}
    inner = spec.get("pipeline_spec", spec)
    given = (run.runtime_config and run.runtime_config.pipeline_root) or inner.get("defaultPipelineRoot")
    root = given or "the installation's pipeline root (minio://mlpipeline/v2/artifacts unless it was changed)"
    name = pipeline_name(spec) or "PIPELINE"
    return f"{root.rstrip('/')}/{name}/{run.run_id}" if given else f"{root}, in {name}/{run.run_id}"


def pipeline_name(spec: Any) -> str | None:
    """The name inside a specification, with or without a platform's part beside it; None if this is none."""
    if not isinstance(spec, dict):
        return None
    inner = spec.get("pipeline_spec", spec)
    name = inner.get("pipelineInfo", {}).get("name")
    return str(name) if name else None


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
