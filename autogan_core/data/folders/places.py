"""Where image files lie: in a folder, or in an archive (`archives`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Protocol

from autogan_core.data.base.words import reason, shown
from autogan_core.data.folders.file_kinds import is_hidden
from autogan_core.errors import DataError


class Place(Protocol):
    """A tree of files that can be listed and read."""

    @property
    def path(self) -> Path:
        """The folder, or the archive."""
        ...

    @property
    def files(self) -> Sequence[PurePosixPath]:
        """All files, of any kind, relative to ``path``; a hidden folder stands for what is in it."""
        ...

    @property
    def folders(self) -> Sequence[PurePosixPath]:
        """All folders that are not hidden, relative to ``path``."""
        ...

    def open(self, name: PurePosixPath) -> Path | BytesIO:
        """A file for Pillow, as a path or as its content; raises OSError and what decompression raises."""
        ...


class DiskFolder:
    """A folder of the file system."""

    def __init__(self, path: Path, follow_links: bool) -> None:
        """Lists a folder with all that is below it.

        Args:
            path: the folder.
            follow_links: whether links to folders are followed; otherwise they count as files.

        Raises:
            DataError: a folder cannot be read, or a link leads back to a folder that holds it.
        """
        self.path = path
        self.files: list[PurePosixPath] = []
        self.folders: list[PurePosixPath] = []
        self._follow_links = follow_links
        try:
            self._list(path.stat())
        except OSError as error:
            raise DataError(
                f"the folder '{shown(error.filename or path)}' cannot be read ({reason(error)}); make it readable, or "
                "set data.path to another"
            ) from error

    def _list(self, root: os.stat_result) -> None:
        todo: list[tuple[PurePosixPath, tuple[tuple[int, int], ...]]]
        todo = [(PurePosixPath(), ((root.st_dev, root.st_ino),))]
        while todo:
            folder, above = todo.pop()
            with os.scandir(self.path / folder) as entries:
                for entry in entries:
                    name = folder / entry.name
                    if is_hidden(name) or not self._is_folder(entry):
                        self.files.append(name)
                        continue
                    status = entry.stat()
                    key = (status.st_dev, status.st_ino)
                    if key in above:
                        raise DataError(
                            f"'{shown(self.path / name)}' is a link back to a folder that holds it; remove it"
                        )
                    self.folders.append(name)
                    todo.append((name, (*above, key)))

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir(follow_symlinks=self._follow_links)
        except OSError:  # such as a link to itself, which shows when it is read
            return False

    def open(self, name: PurePosixPath) -> Path:
        """See `Place.open`."""
        path = self.path / name
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise OSError("no regular file")
        return path
