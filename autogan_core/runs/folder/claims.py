"""Claims on work in a run's folder: processes of one machine share the run, and no two do the same work at once."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TextIO

from autogan_core.errors import BusyError

CLAIMS_FOLDER = ".claims"


class Claims(Protocol):
    """Keeps others from a piece of work while this process does it."""

    def claimed(self, work: str) -> AbstractContextManager[None]:
        """A context in which the work is this process's alone.

        Args:
            work: ``search``, or the name of a training's state.

        Raises:
            BusyError: another process is at it.
        """
        ...


class NoClaims:
    """For processes that are kept apart in other ways, such as the steps of a pipeline."""

    @contextmanager
    def claimed(self, work: str) -> Iterator[None]:
        """Claims nothing."""
        yield


class FolderClaims:
    """Claims by files in the run's folder, which the operating system takes back from a process that dies."""

    def __init__(self, folder: Path) -> None:
        """Keeps the run's folder; nothing is claimed yet.

        Args:
            folder: on a file system that knows ``flock``.
        """
        self._folder = folder

    @contextmanager
    def claimed(self, work: str) -> Iterator[None]:
        """See `Claims.claimed`. The file stays: one that is deleted could be claimed twice."""
        path = self._folder / CLAIMS_FOLDER / f"{work.replace('/', '_')}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"{_holder(file)} is at {work} in {self._folder}; wait for it, or work at something else there"
                ) from error
            file.truncate(0)
            json.dump({"pid": os.getpid(), "since": datetime.now().astimezone().isoformat(timespec="seconds")}, file)
            file.flush()
            yield


def _holder(file: TextIO) -> str:
    """Who holds a claim, in words."""
    file.seek(0)
    try:
        card = json.load(file)
        return f"process {card['pid']}, since {datetime.fromisoformat(card['since']):%Y-%m-%d %H:%M:%S},"
    except (ValueError, KeyError, TypeError):  # it has only just come
        return "another process"
