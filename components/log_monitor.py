"""Progress for those who read logs: a line now and then instead of a moving bar."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from autogan_core.runtime.monitor import Monitor, Task

logger = logging.getLogger(__name__)


class LogMonitor(Monitor):
    """Logs how far a task is when it begins, or goes on, and ends and, in between, every so many seconds."""

    def __init__(self, seconds: float = 30.0) -> None:
        self._seconds = seconds

    @contextmanager
    def task(self, description: str, total: int, done: int = 0) -> Iterator[Task]:
        """See `Monitor.task`."""
        task = _LoggedTask(description, total, done, self._seconds)
        task.report()
        yield task
        task.report()

    def log(self, kind: str, step: int, values: dict[str, float]) -> None:
        """See `Monitor.log`."""
        logger.info("%s, step %d", kind, step, extra={"kind": kind, "step": step, **values})


class _LoggedTask:
    def __init__(self, description: str, total: int, done: int, seconds: float) -> None:
        self._description, self._total, self._done, self._seconds = description, total, done, seconds
        self._values: dict[str, float] = {}
        self._reported = self._started = time.monotonic()

    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        """See `Task.advance`."""
        self._done += steps
        self._values |= values or {}
        if time.monotonic() - self._reported >= self._seconds:
            self.report()

    def report(self) -> None:
        """Logs the task as it stands."""
        self._reported = time.monotonic()
        logger.info(
            "%s: %d of %d",
            *(self._description, self._done, self._total),
            extra={"seconds": round(self._reported - self._started, 1), **self._values},
        )
