"""The command line: ``autogan --help``."""

from __future__ import annotations

from autogan_core.cli import interrupts  # first: the imports below take time

# isort: split
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from autogan_core.cli.consoles import escape_what_cannot_be_written
from autogan_core.cli.guard import guarded, stopped
from autogan_core.cli.lazy import LazyCommand, LazyGroup

CORE: Mapping[str, LazyCommand] = {
    "run": LazyCommand(
        "autogan_core.cli.run:run",
        "Everything: search, retrain the best (or halve a pool), score them, write the report.",
    ),
    "search": LazyCommand("autogan_core.cli.run_commands:search", "Search only; prints the best architectures."),
    "retrain": LazyCommand("autogan_core.cli.run_commands:retrain", "Train architectures to the end."),
    "evaluate": LazyCommand(
        "autogan_core.cli.run_commands:evaluate", "Score retrained architectures by the final protocol."
    ),
    "sample": LazyCommand("autogan_core.cli.run_commands:sample", "Draw images with a retrained generator."),
    "import": LazyCommand(
        "autogan_core.cli.import_weights:import_weights",
        "Take over a generator that the paper's authors have released.",
    ),
    "report": LazyCommand(
        "autogan_core.cli.run_commands:report", "Write report.html and summary.json of a run, as far as it has come."
    ),
    "describe": LazyCommand(
        "autogan_core.cli.describe:describe", "Show an architecture: diagram, parameters and FLOPs."
    ),
    "reproduce": LazyCommand("autogan_core.cli.reproduce:app", "Repeat the paper's experiments."),
}
"""The commands that need no cluster and none of its packages."""

# Waiting OpenMP threads spin by default, which on busy or virtual cores slowed training six-fold. It is read when torch
# is first imported, hence its place here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main(arguments: Sequence[str] | None = None, commands: Mapping[str, LazyCommand] = CORE) -> NoReturn:
    """Runs the command line; whatever goes wrong ends in one message.

    Args:
        arguments: what stands behind ``autogan``; None takes the process's own.
        commands: what there is to choose from.

    Raises:
        SystemExit: always, as `guarded`.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A Kubernetes pod or a batch system stops a job by SIGTERM; it is to end like Ctrl-C.
    interrupts.catch(signal.SIGINT, signal.SIGTERM, parting=f"autogan: {stopped(given)}\n")
    escape_what_cannot_be_written()
    extra = commands[given[0]].extra if given and given[0] in commands else None

    def work() -> int:
        command_line(commands)(given, prog_name="autogan", obj=given)
        return 0

    guarded(work, given, extra)


def command_line(commands: Mapping[str, LazyCommand] = CORE) -> LazyGroup:
    """The program ``autogan`` with these commands; its context's ``obj`` is what the user typed behind it."""
    return LazyGroup(
        commands,
        name="autogan",
        help="Searches generator architectures for GANs (AutoGAN, ICCV 2019), retrains the best and scores them.",
        epilog=(
            "Start with: autogan run --preset digits --run-dir runs/digits. "
            "Every command continues where it stopped when it is run again."
        ),
        no_args_is_help=True,
    )
