"""The messages of a running test, and the duration of each part."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from rich.console import Console

from autogan_core.errors import AutoGANError

Outcome = Literal["passed", "failed", "skipped", "stopped"]


@dataclass(slots=True)
class Phase:
    """One part of the test."""

    name: str
    outcome: Outcome = "passed"
    seconds: float = 0.0
    note: str = ""
    """What came of it, or why it failed, in a sentence."""


class Progress:
    """Prints what happens, each line with the time since the start, and keeps the phases.

    Args:
        console: where to.
        clock: seconds from any origin.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock, self._started = console, clock, clock()
        self.phases: list[Phase] = []

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    def say(self, text: str, style: str | None = None) -> None:
        """Prints a line."""
        minutes, seconds = divmod(int(self.seconds), 60)
        line = f"[{minutes:02d}:{seconds:02d}] {text}"
        self._console.print(line, style=style, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Times a part. Its failure is kept, printed and passed on."""
        phase = Phase(name)
        self.phases.append(phase)
        self.say(name, style="bold")
        started = self._clock()
        try:
            yield phase
        except AutoGANError as error:
            phase.outcome, phase.note = "failed", str(error)
            self.say(f"FAILED: {error}", style="red")
            raise
        except BaseException as error:
            phase.outcome, phase.note = "stopped", type(error).__name__
            raise
        finally:
            phase.seconds = self._clock() - started
        if phase.note:
            self.say(f"{phase.outcome}: {phase.note}")

    def show_log(self, *loggers: str) -> None:
        """Prints the program's own log too.

        Args:
            loggers: names of those to listen to.
        """
        handler = _Shown(self)
        for name in loggers:
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [handler], False
            logger.setLevel(logging.INFO)


class _Shown(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Prints one record."""
        self._progress.say(f"  {record.getMessage()}")
