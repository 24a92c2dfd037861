"""Progress reporting, independent of who displays it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Protocol

PATIENCE_S = 3.0
"""Seconds of work without a word of progress."""


class Task(Protocol):
    """A piece of work under way."""

    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        """``steps`` more are done; ``values`` are what to show beside the progress, such as losses."""
        ...


class Monitor:
    """Receives progress and measurements. This one ignores them; the command line's shows and stores them."""

    @contextmanager
    def task(self, description: str, total: int, done: int = 0) -> Iterator[Task]:
        """Announces work that lasts as long as the context.

        Args:
            description: what is done.
            total: steps of the whole work.
            done: steps that were made before, such as by a process that was stopped.

        Yields:
            A handle that takes the progress.
        """
        yield _Silent()

    def log(self, kind: str, step: int, values: dict[str, float]) -> None:
        """Stores measurements: of what kind (``search``, ``retrain/<architecture>``), at which step."""


class _Silent:
    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        """Does nothing: no one listens."""


class SlowTask:
    """Work that is announced to a monitor only if it lasts: most data sets are read before anyone wonders.

    A context manager, and a `Task` within.
    """

    def __init__(self, monitor: Monitor, description: str, total: int) -> None:
        """Takes what `Monitor.task` takes."""
        self._monitor, self._description, self._total = monitor, description, total
        self._done, self._stack = 0, ExitStack()
        self._task: Task | None = None

    def __enter__(self) -> SlowTask:
        self._started = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        """See `Task.advance`. What was done before the announcement is announced with it."""
        self._done += steps
        if self._task is not None:
            self._task.advance(steps, values)
        elif time.monotonic() - self._started >= PATIENCE_S and self._done < self._total:
            task = self._monitor.task(self._description, self._total, self._done)
            self._task = self._stack.enter_context(task)
