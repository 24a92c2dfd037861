"""Patience with an API server that is out of reach, and the passing of time, which tests compress."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


def _go_on() -> None:
    """Lets every pause go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """The patience with the cluster, and the clock that measures it."""

    patience_seconds: float = 600
    """How long the API server may be out of reach, and a deleted Experiment may linger."""
    clock: Callable[[], float] = time.monotonic
    """Seconds from any origin."""
    sleep: Callable[[float], None] = time.sleep
    """Lets so many seconds pass."""
    check: Callable[[], None] = _go_on
    """Called at least once a second during a pause; what it raises ends the pause."""

    def pause(self, seconds: float) -> None:
        """Lets ``seconds`` pass unless `check` raises."""
        end = self.clock() + seconds
        self.check()
        while (left := end - self.clock()) > 0:
            self.sleep(min(left, 1.0))
            self.check()
