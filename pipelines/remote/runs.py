"""Runs on Kubeflow Pipelines: submitting one and following it. Importing this module imports kfp."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autogan_core.errors import AutoGANError, ConfigError
from autogan_kubeflow.components.kubernetes_rules import check_long_name
from autogan_kubeflow.components.shared_places import check_shared_store
from autogan_kubeflow.pipelines.remote.connection import Server, quiet
from autogan_kubeflow.pipelines.remote.rest import PipelinesError, PipelinesUnavailableError
from autogan_kubeflow.pipelines.remote.run_reasons import reasons, where_to_look, why_waiting
from autogan_kubeflow.pipelines.remote.run_steps import FINISHED, run_state, run_steps, waiting_for_a_node
from autogan_kubeflow.pipelines.remote.specification import Specifications, in_package, named_steps, read_documents

POLL_S = 5.0
OUTAGE_S = 600.0
"""How long a run is followed without an answer; upgrades of Kubeflow take minutes."""
Report = Callable[[str], None]
"""Takes one line for people."""


class RunFailedError(AutoGANError):
    """A run on Kubeflow Pipelines ended without success."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A pipeline to run and its settings; the same for one run and for a schedule.

    Raises:
        ConfigError: the package is not this pipeline, compiled; or a root or an account cannot be one.
    """

    pipeline: str
    """The pipeline's name."""
    package: Path
    """The compiled pipeline, YAML."""
    arguments: Mapping[str, Any]
    """Values of parameters; the others keep their defaults."""
    experiment: str
    """The experiment that lists the runs; it is created if missing."""
    pipeline_root: str | None = None
    """The location of outputs; None leaves it to the installation."""
    service_account: str | None = None
    """The Kubernetes service account of the pods; None leaves it to the installation."""
    caching: bool = True
    """False runs every task anew, whatever was compiled."""

    def __post_init__(self) -> None:
        in_package(self.package, self.pipeline)
        if self.pipeline_root is not None:
            _check_root(self.pipeline_root)
        if self.service_account is not None:
            check_long_name(self.service_account, "service_account")

    def documents(self) -> list[Any]:
        """The pipeline's specification, and that of its platform where there is one. Raises like `read_documents`."""
        return read_documents(self.package)

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


def _check_root(root: str) -> None:
    """Raises ConfigError unless Kubeflow's launcher can write there."""
    if re.match(r"(s3|minio)://[^/\s]+", root):  # of Kubeflow's own storage, and none of ours
        return
    check_shared_store(root, "pipeline_root")


def submit(server: Server, order: Order, name: str) -> str:
    """Starts a run.

    Args:
        server: Kubeflow Pipelines.
        order: pipeline, parameters and experiment of the run.
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
    """Requests a run.

    Returns:
        The run as kfp gives it.

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
    """Waits for a run to end, and reports each change of its steps' states.

    Raises:
        RunFailedError: it did not succeed; quotes the reasons, or says where they stand.
        PipelinesUnavailableError: no answer for ten minutes; the run goes on.
    """
    states: dict[str, str] = {}
    waiting = False
    specifications = Specifications(server)
    for run in _looks(server, run_id, report):
        specification = specifications.of(run)
        names = named_steps(specification)
        steps = run_steps(run, names)
        for step in steps:
            if states.get(step.key) != step.state:
                states[step.key] = step.state
                report(f"{_now()}  {step.title}: {step.state}")
        if waiting_for_a_node(run) and not waiting:
            report(f"{_now()}  a pod is pending; why says: {why_waiting(server.namespace, run_id)}")
        waiting = waiting_for_a_node(run)
        if run.state in FINISHED:
            if run.state != "SUCCEEDED":
                why = reasons(run, specification, steps, names) or [where_to_look(server.namespace, run_id)]
                raise RunFailedError(f"the run {run_id} ended as {run_state(run)}: {'; '.join(why)}")
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
            report(f"{_now()}  still trying: {error}")
            time.sleep(POLL_S)
            continue
        answered = time.monotonic()
        yield run


def _now() -> str:
    return f"{datetime.now(UTC):%H:%M:%S}"
