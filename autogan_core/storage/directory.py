"""A run store in a directory."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autogan_core.errors import ConflictError, StateError
from autogan_core.storage.documents import damaged
from autogan_core.storage.files import atomic_writer, sha256_of, write_atomically
from autogan_core.storage.uris import checked_folder, checked_name


class DirectoryStore:
    """A run store in a directory that the processes of a run share; the file system must know ``flock``.

    A token is the content's SHA-256, so a content that comes back counts as the one that was there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def location(self, name: str) -> str:
        """See `RunStore.location`."""
        return str(self.root / name)

    def read(self, name: str) -> bytes:
        """See `RunStore.read`."""
        return self._path(name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """See `RunStore.write`; on disk before it returns."""
        write_atomically(self._path(name), content)

    def exists(self, name: str) -> bool:
        """See `RunStore.exists`."""
        return self._path(name).is_file()

    def folders(self, parent: str) -> list[str]:
        """See `RunStore.folders`."""
        return sorted(entry.name for entry in self._entries(parent) if entry.is_dir())

    def names(self, folder: str) -> list[str]:
        """See `RunStore.names`."""
        return sorted(entry.name for entry in self._entries(folder) if entry.is_file())

    def delete_folder(self, folder: str) -> None:
        """See `RunStore.delete_folder`."""
        shutil.rmtree(self._path(folder), ignore_errors=True)

    def read_current(self, name: str) -> tuple[bytes, str] | None:
        """See `RunStore.read_current`."""
        try:
            content = self.read(name)
        except FileNotFoundError:
            return None
        return content, hashlib.sha256(content).hexdigest()

    def replace(self, name: str, content: bytes, token: str | None) -> str:
        """See `RunStore.replace`."""
        with self._lock():
            current = self.read_current(name)
            if (current and current[1]) != token:
                raise ConflictError(conflict(self.location(name)))
            self.write(name, content)
        return hashlib.sha256(content).hexdigest()

    def upload(self, path: Path, name: str) -> None:
        """See `RunStore.upload`."""
        with path.open("rb") as source, atomic_writer(self._path(name)) as target:
            shutil.copyfileobj(source, target, length=1 << 20)

    def download(self, name: str, path: Path) -> None:
        """See `RunStore.download`."""
        with self._path(name).open("rb") as source, atomic_writer(path) as target:
            shutil.copyfileobj(source, target, length=1 << 20)

    def fetch(self, name: str, sha256: str) -> Path:
        """See `RunStore.fetch`; the file is the store's own."""
        path = self._path(name)
        if sha256_of(path) != sha256:
            raise StateError(damaged(self.location(name)))
        return path

    def _path(self, name: str) -> Path:
        return self.root / checked_name(name)

    def _entries(self, folder: str) -> list[Path]:
        root = self.root / checked_folder(folder)
        return [entry for entry in root.iterdir() if not entry.name.startswith(".")] if root.is_dir() else []

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Excludes other processes and threads.

        One lock serves the whole store: it is held for milliseconds, and its file, unlike one in a folder that gets
        deleted, stays the same one for all.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".store.lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def conflict(location: str) -> str:
    """The sentence for content that another process has replaced."""
    return f"{location} was changed by another process meanwhile; let that one go on, or start this one again"
