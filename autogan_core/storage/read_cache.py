"""Files that have been read from object storage, by what they hold."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from autogan_core.errors import StateError
from autogan_core.storage.documents import damaged
from autogan_core.storage.files import atomic_writer, sha256_of

logger = logging.getLogger(__name__)


class ReadCache:
    """Files named by their SHA-256, which is checked at every reading: what it gives is never stale or damaged.

    The files that were not read for the longest time go when all of them together grow beyond the limit.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder, self._limit_bytes = folder, limit_bytes

    def get(self, sha256: str) -> Path | None:
        """The file of that content; None when it is not here."""
        path = self._folder / sha256
        try:
            if sha256_of(path) == sha256:
                os.utime(path)
                return path
        except FileNotFoundError:
            return None
        logger.warning("the cached file %s is damaged; it is fetched again", path)
        path.unlink(missing_ok=True)
        return None

    def add(self, sha256: str, download: Callable[[BinaryIO], object], location: str) -> Path:
        """Adds what ``download`` writes, and checks its SHA-256.

        Args:
            sha256: of the content.
            download: writes the content.
            location: where it comes from, for the message.

        Returns:
            The file in the cache.

        Raises:
            StateError: the content is another.
        """
        path = self._folder / sha256
        with atomic_writer(path) as file:
            download(file)
            file.flush()
            if sha256_of(Path(file.name)) != sha256:
                raise StateError(damaged(location))
        self._trim(keep=path)
        return path

    def _trim(self, keep: Path) -> None:
        files = [(entry.stat(), Path(entry.path)) for entry in os.scandir(self._folder) if len(entry.name) == 64]
        size = sum(stat.st_size for stat, _ in files)
        for stat, path in sorted(files, key=lambda file: file[0].st_mtime_ns):
            if size <= self._limit_bytes:
                return
            if path != keep:
                path.unlink(missing_ok=True)  # another process may trim as well
                size -= stat.st_size
