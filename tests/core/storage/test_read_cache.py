"""The read cache: right content or none, and not too much of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from autogan_core.errors import StateError
from autogan_core.storage.read_cache import ReadCache


def add(cache: ReadCache, content: bytes, sha256: str | None = None) -> str:
    digest = sha256 or hashlib.sha256(content).hexdigest()

    def download(file: BinaryIO) -> None:
        file.write(content)

    assert cache.add(digest, download, "gs://bucket/file").read_bytes() == content
    return digest


def test_what_was_added_is_found(tmp_path: Path) -> None:
    """By its SHA-256, in another process's cache object too; nothing else is."""
    digest = add(ReadCache(tmp_path, 100), b"content")
    path = ReadCache(tmp_path, 100).get(digest)
    assert path is not None and path.read_bytes() == b"content"
    assert ReadCache(tmp_path, 100).get("0" * 64) is None


def test_damaged_files_are_not_served(tmp_path: Path) -> None:
    """A file that was changed on disk counts as not there; wrong content is not even taken in."""
    cache = ReadCache(tmp_path, 100)
    digest = add(cache, b"content")
    (tmp_path / digest).write_bytes(b"c0ntent")
    assert cache.get(digest) is None
    add(cache, b"content")
    assert cache.get(digest) is not None
    with pytest.raises(StateError, match="gs://bucket/file is damaged"):
        add(cache, b"other", "1" * 64)
    assert [entry.name for entry in tmp_path.iterdir()] == [digest]


def test_the_least_recently_read_files_go(tmp_path: Path) -> None:
    """Beyond the limit the files read longest ago are dropped, but never the one just added."""
    cache = ReadCache(tmp_path, 10)
    old, recent = add(cache, b"aaaa"), add(cache, b"bbbb")
    os.utime(tmp_path / old, ns=(1, 1))
    os.utime(tmp_path / recent, ns=(2, 2))
    assert cache.get(old) is not None  # reading makes it the most recent one
    third = add(cache, b"cccc")
    assert [cache.get(digest) is not None for digest in (old, recent, third)] == [True, False, True]
    large = add(cache, b"d" * 20)
    assert [entry.name for entry in tmp_path.iterdir()] == [large]
