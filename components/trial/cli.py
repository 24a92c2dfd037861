"""The trial's command line: environment in, one search iteration or one training, scores out."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from autogan_core.config import Config
from autogan_core.errors import PreemptedError
from autogan_core.runtime.monitor import Monitor
from autogan_kubeflow.components.environment import (
    DEFAULT_CACHE,
    Cache,
    Device,
    LogLevel,
    Overrides,
    Preset,
    Store,
    read_config,
)
from autogan_kubeflow.components.exit_status import exit_status
from autogan_kubeflow.components.katib_protocol import FIELDS
from autogan_kubeflow.components.log_monitor import LogMonitor
from autogan_kubeflow.components.logs import configure_logging

if TYPE_CHECKING:  # these take seconds to import, and --help needs none of them
    from autogan_kubeflow.components.trial.reporting import Reporter

VARIABLES = {field: f"AUTOGAN_{field.upper()}" for field in FIELDS}
"""The environment variables of the assignment."""

EPILOG = (
    f"The assignment is read from {', '.join(VARIABLES.values())}; with --from-scratch from AUTOGAN_CELL_1 to "
    "AUTOGAN_CELL_3. RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as the training operator or torchrun set "
    "them, make several processes train one GAN. Exit status: 0 when the scores are committed and reported; 1 for "
    "what another try would not mend; 138 for what it may (storage or Katib out of reach, a lost race); 143 after "
    "SIGTERM, with the progress stored."
)


class Metrics(StrEnum):
    """The way in which Katib gets the scores."""

    push = "push"
    print = "print"


def run(
    store: Store,
    trial: Annotated[str, typer.Option(envvar="AUTOGAN_TRIAL", help="This trial's name.", show_default=False)],
    preset: Preset,
    overrides: Overrides = "",
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Train one architecture from scratch; no weights are shared.")
    ] = False,
    metrics: Annotated[
        Metrics,
        typer.Option(envvar="AUTOGAN_METRICS", help="Push to the DB manager, or print for the StdOut collector."),
    ] = Metrics.push,
    db_manager: Annotated[
        str, typer.Option(envvar="AUTOGAN_DB_MANAGER", help="Katib's DB manager, host:port.")
    ] = "katib-db-manager.kubeflow:6789",
    device: Device = "auto",
    cache: Cache = DEFAULT_CACHE,
    log_level: LogLevel = "info",
) -> None:
    """One trial of an architecture search under Katib: one iteration of the weight-sharing search by default.

    A trial may be killed at any moment and started again: it goes on from its last checkpoint, and once its scores are
    committed it only reports them again.
    """
    configure_logging(log_level)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads starve each other on a pod's few cores
    work = _train_from_scratch if from_scratch else _search
    where = Where(store, cache, device)
    sys.exit(
        exit_status(lambda: work(read_config(preset, overrides), trial, where, _reporter(metrics, trial, db_manager)))
    )


@dataclass(frozen=True, slots=True)
class Where:
    """A trial's run store, cache folder and device."""

    store: str
    cache: Path
    device: str


def _search(config: Config, trial: str, where: Where, reporter: Reporter) -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())  # before the imports, which take seconds
    from autogan_core.runtime.devices import open_device
    from autogan_core.runtime.distributed import World
    from autogan_kubeflow.components.trial.search_iteration import run_search_iteration

    parameters = {field: os.environ.get(variable, "") for field, variable in VARIABLES.items()}
    device = open_device(where.device, config.cpu_threads)
    with World.from_environment(device, stopping.is_set) as world:
        monitor = LogMonitor() if world.is_main else Monitor()
        scores = run_search_iteration(
            parameters, trial, config, where.store, where.cache, world, monitor, stopping.is_set
        )
        if world.is_main:
            reporter.report(scores)


def _train_from_scratch(config: Config, trial: str, where: Where, reporter: Reporter) -> None:
    signal.signal(signal.SIGTERM, _raise_preempted)
    from autogan_core.runtime.devices import open_device
    from autogan_kubeflow.components.trial.from_scratch import architecture_from, train_from_scratch

    architecture = architecture_from(os.environ, config.model.num_cells)
    device = open_device(where.device, config.cpu_threads)
    scores = train_from_scratch(architecture, trial, config, where.store, where.cache, device, LogMonitor())
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # reporting takes a moment, and an exit then would be for nothing
    reporter.report(scores)


def _raise_preempted(*_: object) -> NoReturn:
    # Training commits whole checkpoints only, so it may be left anywhere.
    raise PreemptedError("stopped on request; start the trial again to go on from its last checkpoint")


def _reporter(metrics: Metrics, trial: str, db_manager: str) -> Reporter:
    from autogan_kubeflow.components.trial.reporting import PrintReporter, PushReporter

    return PushReporter(trial, db_manager) if metrics is Metrics.push else PrintReporter()


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command(epilog=EPILOG)(run)


def main() -> None:
    """Entry point."""
    app(prog_name="python -m components.trial")
