"""The command line: ``autogan --help``."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import NoReturn

from rich.console import Console

from autogan_core.cli.lazy import LazyCommand, LazyGroup
from autogan_core.errors import AutoGANError, unusable_file

CORE: Mapping[str, LazyCommand] = {
    "run": LazyCommand(
        "autogan_core.cli.run_commands:run",
        "Everything: search, retrain the best (or halve a pool), score them, write the report.",
    ),
    "search": LazyCommand("autogan_core.cli.run_commands:search", "Search only; prints the best architectures."),
    "retrain": LazyCommand("autogan_core.cli.run_commands:retrain", "Train architectures to the end."),
    "evaluate": LazyCommand(
        "autogan_core.cli.run_commands:evaluate", "Score retrained architectures by the final protocol."
    ),
    "sample": LazyCommand("autogan_core.cli.run_commands:sample", "Draw images with a retrained generator."),
    "report": LazyCommand(
        "autogan_core.cli.run_commands:report", "Write report.html and summary.json of a run, as far as it has come."
    ),
    "describe": LazyCommand(
        "autogan_core.cli.describe:describe", "Show an architecture: diagram, parameters and FLOPs."
    ),
    "reproduce": LazyCommand("autogan_core.cli.reproduce:app", "Repeat the paper's experiments."),
}
"""The commands that need no cluster and none of its packages."""
INTERRUPTED = 130

# Waiting OpenMP threads spin by default, which on busy or virtual cores slowed training six-fold. It is read when torch
# is first imported, hence its place here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main(arguments: Sequence[str] | None = None, commands: Mapping[str, LazyCommand] = CORE) -> None:
    """Runs the command line; mistakes that users can mend end in one message and exit status 1.

    Args:
        arguments: what stands behind ``autogan``; None takes the process's own.
        commands: what there is to choose from.

    Raises:
        SystemExit: always, with status 0, 1, 2 (wrong usage) or 130 (stopped).
        ModuleNotFoundError: a module is missing that belongs to no extra.
        OSError: a file could not be used for a reason that users cannot mend.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A Kubernetes pod or a batch system stops a job by SIGTERM; it is to end like Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        command_line(commands)(given, prog_name="autogan", obj=given)
    except AutoGANError as error:
        _fail(str(error), 1)
    except OSError as error:
        if (message := unusable_file(error)) is None:
            raise
        _fail(message, 1)
    except ModuleNotFoundError as error:
        extra = commands[given[0]].extra if given and given[0] in commands else None
        if extra is None:
            raise
        _fail(f"'autogan {given[0]}' needs more packages ({error}): pip install 'autogan-kubeflow[{extra}]'", 1)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            again = shlex.join(["autogan", *given])
            _fail(f"stopped; to continue, run the same command again: {again}", INTERRUPTED)
        raise


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


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(message: str, status: int) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(f"autogan: {message}", highlight=False, markup=False)
    sys.exit(status)
