"""Progress reporting, independent of who displays it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol


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
