"""What every run store does, in a directory and in a bucket alike."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autogan_core.errors import ConfigError, ConflictError, StateError
from autogan_core.storage import RunStore, update


def test_reading_what_was_written(store: RunStore) -> None:
    """A name has the content written last, empty and binary contents too; other names have none."""
    for content in (b"one", b"", bytes(range(256))):
        store.write("a/b.bin", content)
        assert store.read("a/b.bin") == content
    assert store.exists("a/b.bin")
    assert not store.exists("a/b")
    assert not store.exists("a")
    with pytest.raises(FileNotFoundError):
        store.read("a/c.bin")


def test_listing(store: RunStore) -> None:
    """Folders and names are those directly below, sorted; a folder that is not there is empty."""
    for name in ("top.json", "a/2/x", "a/1/y/z", "a/state.json", "a/list.json", "ab/x"):
        store.write(name, b"1")
    assert (store.folders(""), store.names("")) == (["a", "ab"], ["top.json"])
    assert (store.folders("a"), store.names("a")) == (["1", "2"], ["list.json", "state.json"])
    assert (store.folders("nowhere"), store.names("nowhere")) == ([], [])


def test_deleting_a_folder(store: RunStore) -> None:
    """All below it goes, a folder whose name begins alike stays, and deleting again does nothing."""
    for name in ("a/1/x", "a/1/y/z", "a/11/x"):
        store.write(name, b"1")
    for _ in range(2):
        store.delete_folder("a/1")
    assert store.folders("a") == ["11"]
    assert not store.exists("a/1/y/z")


def test_replacing_needs_the_current_token(store: RunStore) -> None:
    """A content is replaced by who has seen it; who has not is told, and changes nothing."""
    assert store.read_current("state") is None
    first = store.replace("state", b"1", None)
    assert store.read_current("state") == (b"1", first)
    second = store.replace("state", b"2", first)
    for stale in (None, first):
        with pytest.raises(ConflictError, match="state was changed by another process meanwhile"):
            store.replace("state", b"3", stale)
    with pytest.raises(ConflictError):
        store.replace("other", b"3", second)
    assert store.read_current("state") == (b"2", second)
    assert not store.exists("other")


def test_of_racing_writers_exactly_one_replaces(store: RunStore) -> None:
    """Eight threads replace one content at once: one succeeds, seven are told, and the content is the one's."""
    token = store.replace("state", b"start", None)
    barrier, won, lost = threading.Barrier(8), list[bytes](), list[bytes]()

    def write(content: bytes) -> None:
        barrier.wait()
        try:
            store.replace("state", content, token)
            won.append(content)
        except ConflictError:
            lost.append(content)

    threads = [threading.Thread(target=write, args=(str(i).encode(),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    assert store.read("state") == won[0]


def test_updates_lose_nothing(store: RunStore) -> None:
    """Eight threads add to one document at once, which is there with the first; each learns what it has stored."""
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda i: update(store, "list", lambda old: (old or b"") + b"%d" % i), range(8)))
    assert sorted(store.read("list")) == sorted(b"01234567")
    assert [len(content) for content in sorted(stored, key=len)] == list(range(1, 9))
    assert all(b"%d" % i in content for i, content in enumerate(stored))


def test_an_edit_that_fails_changes_nothing(store: RunStore) -> None:
    """What is there is refused by who is to change it, and stays."""
    store.write("list", b"damaged")
    with pytest.raises(ValueError, match="invalid literal"):
        update(store, "list", lambda old: b"%d" % int(old or b"0"))
    assert store.read("list") == b"damaged"


def test_files_travel_whole(store: RunStore, tmp_path: Path) -> None:
    """What is fetched has the uploaded file's content, also when it is larger than one part of an upload."""
    for size in (0, 10, (16 << 20) + 5):
        content = bytes(i % 251 for i in range(1024)) * (size // 1024 + 1)
        path = tmp_path / "file"
        path.write_bytes(content[:size])
        store.upload(path, f"data/{size}")
        assert store.fetch(f"data/{size}", hashlib.sha256(content[:size]).hexdigest()).read_bytes() == content[:size]


def test_fetching_checks_the_content(store: RunStore) -> None:
    """Content that is not the wanted one is refused by the file's name, every time; a missing file is said to be."""
    store.write("data/file", b"content")
    wanted = hashlib.sha256(b"other").hexdigest()
    for _ in range(2):
        with pytest.raises(StateError, match="data/file is damaged: .*; restore it from a copy"):
            store.fetch("data/file", wanted)
    with pytest.raises(FileNotFoundError):
        store.fetch("data/none", wanted)


LEAVING = ["..", "../a", "a/../../b", "/a", "a/", "a//b", ".", "a/./b", "a\nb", "a\0b", "a\x7f", "a" * 1025]
"""Names that would be elsewhere, or something else, in one kind of store or another."""
BY_NAME: dict[str, Callable[[RunStore, str], object]] = {
    "read": lambda store, name: store.read(name),
    "write": lambda store, name: store.write(name, b"1"),
    "exists": lambda store, name: store.exists(name),
    "read_current": lambda store, name: store.read_current(name),
    "replace": lambda store, name: store.replace(name, b"1", None),
    "upload": lambda store, name: store.upload(Path(__file__), name),
    "download": lambda store, name: store.download(name, Path("/nowhere/file")),
    "fetch": lambda store, name: store.fetch(name, "0" * 64),
    "folders": lambda store, name: store.folders(name),
    "names": lambda store, name: store.names(name),
    "delete_folder": lambda store, name: store.delete_folder(name),
}


@pytest.mark.parametrize("name", LEAVING)
@pytest.mark.parametrize("method", BY_NAME)
def test_no_name_leaves_the_store(store: RunStore, method: str, name: str) -> None:
    """Whatever would leave its folder, in any store, is refused by every method before anything is touched."""
    with pytest.raises(ConfigError, match="cannot be a name in a run store: .*; use a relative path such as a/b"):
        BY_NAME[method](store, name)


def test_the_whole_store_cannot_be_deleted(store: RunStore) -> None:
    """The empty name lists the store, and does nothing else."""
    store.write("a/b", b"1")
    for method in BY_NAME.keys() - {"folders", "names"}:
        with pytest.raises(ConfigError, match="it is empty"):
            BY_NAME[method](store, "")
    assert store.folders("") == ["a"]
