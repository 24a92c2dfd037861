"""Pieces of work that several ablations, and several processes, share."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import write_atomically
from autogan_core.training.cost import Cost

_WAIT_SECONDS = 2.0
"""Seconds between two looks at the work of other processes."""


class Computation(Protocol):
    """Something to compute once and keep. It goes on where an earlier process was stopped."""

    @property
    def name(self) -> str:
        """Unique among all work of one folder: two ablations that need the same name it alike."""
        ...

    @property
    def needs(self) -> Sequence[Computation]:
        """The work that this work depends on."""
        ...

    def cost(self) -> Cost:
        """The cost of this work from the start."""
        ...

    def done(self) -> bool:
        """Whether it is done; cheap."""
        ...

    def run(self) -> None:
        """Does it, or what is left of it."""
        ...


def in_order(computations: Iterable[Computation]) -> list[Computation]:
    """Every piece once, with all that it needs before it."""
    ordered: dict[str, Computation] = {}

    def add(computation: Computation) -> None:
        if computation.name not in ordered:
            for need in computation.needs:
                add(need)
            ordered[computation.name] = computation

    for computation in computations:
        add(computation)
    return list(ordered.values())


class Ledger:
    """A folder that says who works on what, and how long each piece has taken over all processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seconds(self, computations: Iterable[Computation]) -> float:
        """Time spent on all of them."""
        return sum(self._seconds(computation) for computation in computations)

    @contextmanager
    def begin(self, computation: Computation) -> Iterator[bool]:
        """Claims a piece of work unless another process holds it, and books the time spent in the context on it.

        The operating system releases the lock of a process that dies.

        Yields:
            Whether the work was claimed.
        """
        path = self._path(computation, "lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            started = time.monotonic()
            try:
                yield True
            finally:
                spent = self._seconds(computation) + time.monotonic() - started
                write_atomically(self._path(computation, "json"), json.dumps({"seconds": spent}).encode())

    def _seconds(self, computation: Computation) -> float:
        path = self._path(computation, "json")
        return float(json.loads(path.read_text())["seconds"]) if path.exists() else 0.0

    def _path(self, computation: Computation, suffix: str) -> Path:
        return self._folder / f"{computation.name.replace('/', '_')}.{suffix}"


@contextmanager
def sole(path: Path) -> Iterator[None]:
    """Waits until no other process is within the same context: two pieces of work would train the same generators.

    Args:
        path: of a lock file; its folder is made if needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def complete(computations: Sequence[Computation], ledger: Ledger, monitor: Monitor) -> None:
    """Does all pieces of work, alone or together with other processes that were told to do the same.

    A piece that another process is at is left to it and looked at again later, so a second process, such as one for
    another GPU, shares the work.

    Args:
        computations: as `in_order` gives them.
        ledger: of their folder.
        monitor: receives every piece of work.
    """
    pending = list(computations)
    with monitor.task("experiments", len(pending)) as task:
        while pending:
            left: list[Computation] = []
            for computation in pending:
                if _do(computation, ledger):
                    task.advance()
                else:
                    left.append(computation)
            if len(left) == len(pending):
                time.sleep(_WAIT_SECONDS)
            pending = left


def _do(computation: Computation, ledger: Ledger) -> bool:
    """Does a piece of work if it can be done here and now; returns whether it is done."""
    if computation.done():
        return True
    if not all(need.done() for need in computation.needs):
        return False
    with ledger.begin(computation) as taken:
        if taken and not computation.done():
            computation.run()
        return taken
