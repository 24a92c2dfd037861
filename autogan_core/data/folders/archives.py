"""Image files in a .zip or .tar archive, read where they lie: nothing is unpacked to files of its own."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

from autogan_core.data.base.words import reason, shown
from autogan_core.data.folders.file_kinds import is_hidden
from autogan_core.errors import DataError
from autogan_core.runtime.monitor import Monitor, SlowTask

DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
)
"""What the modules for archives raise on damage, passwords (RuntimeError) and unknown compression."""
IN_MEMORY = 256 * 2**20
"""Bytes of a decompressed .tar that are held in memory; with more it goes to a temporary file."""
BLOCK = 2**20
_COMPRESSIONS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
"""What decompresses a .tar, by the first bytes of the file."""


class ZipPlace:
    """A .zip archive as a `Place`."""

    def __init__(self, path: Path) -> None:
        """Reads the archive's list of files.

        Raises:
            DataError: it is damaged, or a name leads out of it.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGE as error:
            raise DataError(_damage(path, error)) from error
        # Of two files with one name the later one counts, as when they are unpacked.
        self._infos = {_inside(path, i.filename): i for i in self._zip.infolist() if not i.is_dir()}
        self.files = list(self._infos)
        self.folders = _folders(self.files, [_inside(path, i.filename) for i in self._zip.infolist() if i.is_dir()])

    def open(self, name: PurePosixPath) -> BytesIO:
        """See `Place.open`."""
        try:
            return BytesIO(self._zip.read(self._infos[name]))
        except DAMAGE as error:
            raise OSError(reason(error)) from error


class TarPlace:
    """A .tar archive, compressed or not, as a `Place`.

    In a compressed archive no file can be reached without decompressing all before it. So all is
    copied to memory, or to a nameless temporary file if it is large, as long as it is needed.
    """

    def __init__(self, path: Path, monitor: Monitor) -> None:
        """Reads the archive once from end to end.

        Args:
            path: the archive.
            monitor: is told how far that is.

        Raises:
            DataError: it is damaged, or a name leads out of it.
        """
        self.path = path
        self._places: dict[PurePosixPath, tuple[int, int] | str] = {}
        self._copy: IO[bytes] | None = None
        folders: list[PurePosixPath] = []
        try:
            with path.open("rb") as file:
                if (decompress := _compression(file)) is not None:
                    self._copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
                    weakref.finalize(self, self._copy.close)
                    with SlowTask(monitor, f"unpacking {path.name}", path.stat().st_size) as task:
                        _decompress(file, decompress, self._copy, task)
                self._index(self._copy or file, folders)
        except DataError:
            raise
        except DAMAGE as error:
            raise DataError(_damage(path, error)) from error
        self.files = list(self._places)
        self.folders = _folders(self.files, folders)

    def _index(self, file: IO[bytes], folders: list[PurePosixPath]) -> None:
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                name = _inside(self.path, member.name)
                if member.isdir():
                    folders.append(name)
                elif member.islnk():
                    self._places[name] = self._places.get(_inside(self.path, member.linkname), "a link to nothing")
                elif not member.isreg() or member.issparse():
                    self._places[name] = "no regular file of the archive"
                else:
                    self._places[name] = (member.offset_data, member.size)
                tar.members = []  # type: ignore[attr-defined]  # else it keeps every header
            # Where tarfile meets damage it stops as at the end, which is a block of zeros.
            file.seek(tar.offset)
            if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError(f"it ends in the middle, after {len(self._places):,} files")

    def open(self, name: PurePosixPath) -> BytesIO:
        """See `Place.open`."""
        place = self._places[name]
        if isinstance(place, str):
            raise OSError(place)
        if self._copy is not None:
            return _part(self._copy, *place)
        with self.path.open("rb") as file:
            return _part(file, *place)


def _part(file: IO[bytes], start: int, size: int) -> BytesIO:
    file.seek(start)
    return BytesIO(file.read(size))


def _compression(file: IO[bytes]) -> Any:
    """What opens the content of a compressed file; None if it is not compressed."""
    start = file.read(6)
    file.seek(0)
    return next((opener for magic, opener in _COMPRESSIONS.items() if start.startswith(magic)), None)


def _decompress(file: IO[bytes], opener: Any, copy: IO[bytes], task: SlowTask) -> None:
    read = 0
    with opener(file) as content:
        while block := content.read(BLOCK):
            copy.write(block)
            task.advance(file.tell() - read)
            read = file.tell()


def is_tar(path: Path) -> bool:
    """Whether a file is a .tar archive, compressed or not; raises OSError."""
    try:
        return tarfile.is_tarfile(path)
    except (EOFError, zlib.error, lzma.LZMAError, ValueError):
        return False


def _inside(path: Path, name: str) -> PurePosixPath:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts:
        raise DataError(f"{shown(path)} holds '{shown(name)}', which leads out of it; pack the archive anew")
    return PurePosixPath(*parts)


def _folders(files: list[PurePosixPath], named: list[PurePosixPath]) -> list[PurePosixPath]:
    above = {folder for file in files for folder in file.parents}
    return sorted(folder for folder in {*above, *named} - {PurePosixPath()} if not is_hidden(folder))


def _damage(path: Path, error: BaseException) -> str:
    return f"{shown(path)} is damaged or no archive ({reason(error)}); pack it anew, or name the folder itself"
