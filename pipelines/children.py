"""Ending the processes that this one has started, when it is stopped itself.

A terminal's Ctrl-C reaches all of them, a signal to this process does not; and kfp's local runner, which starts one for
each step, waits for its threads and these for their processes, and may start the next step meanwhile.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

PATIENCE_SECONDS = 3.0
"""How long a process may take to end well after SIGTERM, before it is killed."""
_LOOK_EVERY_SECONDS = 0.05


@contextmanager
def ended_with_this_process() -> Iterator[None]:
    """While the context lasts, Ctrl-C and SIGTERM also end all processes below this one, and those started after.

    Then it is left only when none of them runs any more.
    """
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ending = _Ending()

    def stop(number: int, frame: FrameType | None) -> None:
        ending.begin()
        handler = former[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number, handler in former.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    finally:
        while ending.begun and descendants():
            time.sleep(_LOOK_EVERY_SECONDS)
        ending.over.set()
        for number, handler in former.items():
            signal.signal(number, handler)


class _Ending:
    """Ends processes, from the first signal on until it is over."""

    def __init__(self) -> None:
        self.begun, self.over = False, threading.Event()
        self._told: set[int] = set()
        self._deadline = 0.0

    def begin(self) -> None:
        """Tells all, before this process may end at once, and sees to it in the background that they do."""
        if not self.begun:
            self.begun, self._deadline = True, time.monotonic() + PATIENCE_SECONDS
            self._tell()
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self.over.wait(_LOOK_EVERY_SECONDS):
            self._tell()

    def _tell(self) -> None:
        late = time.monotonic() >= self._deadline
        for process in descendants():
            if late or process not in self._told:
                self._told.add(process)
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL if late else signal.SIGTERM)


def descendants() -> list[int]:
    """The ids of all processes below this one that still run, whoever of them started which."""
    parents = dict(filter(None, map(_process, Path("/proc").glob("[0-9]*/stat"))))
    below, found = {os.getpid()}, list[int]()
    while new := [process for process, parent in parents.items() if parent in below and process not in below]:
        found += new
        below.update(new)
    return found


def _process(stat: Path) -> tuple[int, int] | None:
    """A process and its parent; None for one that has ended."""
    try:
        text = stat.read_text()
    except OSError:
        return None
    state, parent, *_ = text.rpartition(")")[2].split()
    return None if state == "Z" else (int(stat.parent.name), int(parent))
