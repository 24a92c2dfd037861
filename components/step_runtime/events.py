"""Events from a step to the local runner: progress and log records as marked lines among whatever else is printed."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autogan_core.cli.terminal import RunMonitor
from autogan_core.runtime.monitor import Task

EVENTS_VARIABLE = "AUTOGAN_EVENTS"
"""Set where the local runner listens."""
MARK = "\x1e"
"""Begins every event; nothing else prints it."""
EVENT_EVERY_S = 0.25
"""Seconds between two events of one task."""


def emit(kind: str, **content: Any) -> None:
    """Prints one event."""
    sys.stdout.write(MARK + json.dumps({"kind": kind, **content}, default=str) + "\n")
    sys.stdout.flush()


class EventHandler(logging.Handler):
    """Log records as events."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        emit("log", level=record.levelname, text=record.getMessage())


class EventMonitor(RunMonitor):
    """Tasks as events; measurements as `RunMonitor` keeps them."""

    @contextmanager
    def task(self, description: str, total: int, done: int = 0) -> Iterator[Task]:
        """See `Monitor.task`."""
        task = _EventTask(description, total, done)
        try:
            yield task
        finally:
            task.end()


class _EventTask:
    def __init__(self, description: str, total: int, done: int) -> None:
        self._key = f"{os.getpid()}-{time.monotonic_ns()}"
        self._done, self._sent = 0, 0.0
        self._values: dict[str, float] = {}
        emit("begin", task=self._key, description=description, total=total, done=done)

    def advance(self, steps: int = 1, values: Mapping[str, float] | None = None) -> None:
        """See `Task.advance`."""
        self._done += steps
        self._values |= values or {}
        if time.monotonic() - self._sent >= EVENT_EVERY_S:
            self._send()

    def end(self) -> None:
        """Sends what is left to say."""
        if self._done:
            self._send()
        emit("end", task=self._key)

    def _send(self) -> None:
        emit("advance", task=self._key, steps=self._done, values=self._values)
        self._done, self._sent = 0, time.monotonic()
