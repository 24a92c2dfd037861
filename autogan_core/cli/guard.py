"""From whatever ends a command to one sentence and an exit status; nobody meets a traceback."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from autogan_core.cli import interrupts
from autogan_core.cli.consoles import console
from autogan_core.errors import AutoGANError
from autogan_core.runtime.machine_errors import machine_error

FAILED = 1
BROKEN_PIPE = 141
"""What a shell reports of a program whose reader has gone away."""
_LONGEST = 300


def guarded(work: Callable[[], int], given: Sequence[str], extra: str | None) -> NoReturn:
    """Does the work and ends the program.

    Args:
        work: returns the exit status.
        given: what stands behind ``autogan``, for messages.
        extra: the extra of the installation that brings the packages of this command; None: it needs none.

    Raises:
        SystemExit: always, with status 0, 1, 2 (wrong usage), 130 (stopped) or 141 (the reader has gone away).
    """
    try:
        interrupts.raise_the_next()
        status, message = _ended(work, given, extra)
        interrupts.end_at_once()
        if message is not None:
            with suppress(OSError):  # nobody listens
                console(stderr=True).print(f"autogan: {message}")
        _discard_unwritten()
    except KeyboardInterrupt:  # between two lines here
        interrupts.leave()
    sys.exit(status)


def _ended(work: Callable[[], int], given: Sequence[str], extra: str | None) -> tuple[int, str | None]:
    """Does the work; returns the exit status, and what is to be told."""
    try:
        status = work()
        sys.stdout.flush()
    except SystemExit as stop:
        status = _status(stop)
    except KeyboardInterrupt:
        status = interrupts.STATUS
    except BrokenPipeError:
        return BROKEN_PIPE, None
    except Exception as error:
        return FAILED, sentence(error, given, extra)
    return status, stopped(given) if status == interrupts.STATUS else None


def stopped(given: Sequence[str]) -> str:
    """What a person is told of a command that was stopped; ``given`` is what stands behind ``autogan``."""
    return f"stopped; to continue, run the same command again: {shlex.join(['autogan', *given])}"


def sentence(error: Exception, given: Sequence[str], extra: str | None) -> str:
    """What a person is told of an error.

    Args:
        error: any.
        given: what stands behind ``autogan``.
        extra: the extra that brings the packages of this command.

    Returns:
        One sentence; for an error that nobody has foreseen with the file that holds its traceback.
    """
    if isinstance(error, AutoGANError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and extra is not None:
        return f"'autogan {given[0]}' needs more packages ({error}): pip install 'autogan-kubeflow[{extra}]'"
    return machine_error(error) or _unforeseen(error)


def _unforeseen(error: Exception) -> str:
    [*_, last] = traceback.extract_tb(error.__traceback__) or [None]
    place = f" ({os.path.basename(last.filename)}, line {last.lineno})" if last else ""
    text = " ".join(str(error).split())
    what = f"{type(error).__name__}: {text[:_LONGEST]}{' ...' if len(text) > _LONGEST else ''}{place}"
    try:
        with tempfile.NamedTemporaryFile("wb", prefix="autogan-error-", suffix=".txt", delete=False) as kept:
            kept.write("".join(traceback.format_exception(error)).encode(errors="backslashreplace"))
    except OSError:
        return f"an error that should not happen: {what}; please report it"
    return f"an error that should not happen: {what}; please report it with its traceback, which is in {kept.name}"


def _status(stop: SystemExit) -> int:
    """The status that Typer or Rich has chosen, but for a broken pipe, which they call a failure."""
    if isinstance(stop.__context__, BrokenPipeError):
        return BROKEN_PIPE
    return stop.code if isinstance(stop.code, int) else FAILED if stop.code else 0


def _discard_unwritten() -> None:
    """What could not be written would fail again when Python ends, and be told by a traceback."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
