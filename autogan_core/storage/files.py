"""Local files: written whole or not at all, and known by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, content: bytes) -> None:
    """Replaces a file as a whole, and creates its folder if needed.

    Readers see the old content or the new, also after a crash; of several writers the last one wins.
    """
    with atomic_writer(path) as file:
        file.write(content)


@contextmanager
def atomic_writer(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of ``path``, as a whole, when the context ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as 64 hex digits. Raises FileNotFoundError when there is none."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
