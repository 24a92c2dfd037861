"""Local files: replaced as a whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from autogan_core.storage import write_atomically
from autogan_core.storage.files import atomic_writer, sha256_of


def test_atomic_writing_replaces_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The file has the new content, and no temporary file remains."""
    path = tmp_path / "deep" / "file.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file.json"]


def test_an_error_while_writing_keeps_the_old_content(tmp_path: Path) -> None:
    """Half-written content is dropped."""
    path = tmp_path / "file"
    write_atomically(path, b"one")
    with pytest.raises(KeyboardInterrupt), atomic_writer(path) as file:
        file.write(b"tw")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"one"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_sha256_of_a_file(tmp_path: Path) -> None:
    """It is the content's."""
    (tmp_path / "file").write_bytes(b"content" * 100_000)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(b"content" * 100_000).hexdigest()
