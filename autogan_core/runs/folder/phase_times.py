"""The wall time of a run's phases, over all processes that worked on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from autogan_core.storage import RunStore, seal, unseal, update

SECONDS_FILE = "seconds.json"


class PhaseTimes:
    """The times that a run's folder holds."""

    def __init__(self, store: RunStore) -> None:
        """Keeps the run's own folder; nothing is read yet."""
        self._store = store

    def read(self) -> dict[str, float]:
        """Phase -> seconds so far."""
        current = self._store.read_current(SECONDS_FILE)
        return self._parsed(current and current[0])

    @contextmanager
    def measured(self, phase: str) -> Iterator[None]:
        """Adds the time that a phase took to what other processes spent on it, also when it is interrupted."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.add(phase, time.monotonic() - started)

    def add(self, phase: str, spent: float) -> None:
        """Adds seconds that were spent on a phase before the run's folder could hold them."""

        def added(document: bytes | None) -> bytes:
            seconds = self._parsed(document)
            return seal({**seconds, phase: seconds.get(phase, 0.0) + spent})

        update(self._store, SECONDS_FILE, added)

    def _parsed(self, document: bytes | None) -> dict[str, float]:
        return {} if document is None else unseal(document, self._store.location(SECONDS_FILE))
