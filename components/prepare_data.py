"""Puts a configuration's data set, feature weights and reference statistics into the run store, once for all trials.

``python -m components.prepare_data --help``. The only component that may need the Internet.
"""

from __future__ import annotations

import autogan_kubeflow.components.termination  # noqa: F401  (first: the imports below take seconds)

# isort: split
import os
import sys

import typer

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
from autogan_kubeflow.components.log_monitor import LogMonitor
from autogan_kubeflow.components.logs import configure_logging

EPILOG = "Exit status: 0 done, 1 a mistake, 138 the store was out of reach and another try may help."


def run(
    store: Store,
    preset: Preset,
    overrides: Overrides = "",
    device: Device = "auto",
    cache: Cache = DEFAULT_CACHE,
    log_level: LogLevel = "info",
) -> None:
    """Put images, feature weights and FID's reference statistics into the run store, for all trials.

    Fetches what is not there and verifies it. Trials read a few compact, checksummed files.

    Running it again changes nothing; a configuration with other images or features gets files of its own.
    """
    configure_logging(log_level)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

    def work() -> None:
        from autogan_core.runs.scoring.stored_inputs import prepare
        from autogan_core.runtime.devices import open_device
        from autogan_core.storage import open_store

        config = read_config(preset, overrides)
        prepare(config, open_store(store, cache), open_device(device, config.cpu_threads), cache, None, LogMonitor())

    sys.exit(exit_status(work))


def main() -> None:
    """Entry point."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(epilog=EPILOG)(run)
    app(prog_name="python -m components.prepare_data")


if __name__ == "__main__":
    main()
