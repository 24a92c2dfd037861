"""Snapshots: whole or not at all, whatever happens in between."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autogan_core.errors import StateError
from autogan_core.storage import DirectoryStore, Snapshot, commit, load, write_atomically

CPU = torch.device("cpu")


def snapshot(value: float) -> Snapshot:
    return Snapshot(
        {"value": value, "list": [1, None]}, {"a.b": torch.full((2, 3), value), "step": torch.tensor(value)}
    )


class KilledStore(DirectoryStore):
    """Dies at its n-th write, before or in the middle of it."""

    def __init__(self, root: Path, writes: int) -> None:
        super().__init__(root)
        self.writes = writes

    def write(self, name: str, content: bytes) -> None:
        if self.writes == 0:
            (self.root / f"{name}.part").parent.mkdir(parents=True, exist_ok=True)
            (self.root / f"{name}.part").write_bytes(content[: len(content) // 2])
            raise KeyboardInterrupt
        self.writes -= 1
        super().write(name, content)


def test_a_snapshot_round_trips(tmp_path: Path) -> None:
    """What is loaded equals what was committed; there is nothing before the first commit."""
    store = DirectoryStore(tmp_path)
    assert load(store, "shared", CPU) is None
    commit(store, "shared", 3, snapshot(1.5))
    loaded = load(store, "shared", CPU)
    assert loaded is not None
    assert loaded.meta == {"value": 1.5, "list": [1, None]}
    assert torch.equal(loaded.tensors["a.b"], torch.full((2, 3), 1.5))
    assert loaded.tensors["step"].shape == ()


@pytest.mark.parametrize("writes", [0, 1])
def test_a_kill_between_writes_keeps_the_former_snapshot(tmp_path: Path, writes: int) -> None:
    """Killed before the data or before the pointer, the last commit stays in force, and the next one works."""
    commit(DirectoryStore(tmp_path), "shared", 1, snapshot(1.0))
    with pytest.raises(KeyboardInterrupt):
        commit(KilledStore(tmp_path, writes), "shared", 2, snapshot(2.0))
    store = DirectoryStore(tmp_path)
    loaded = load(store, "shared", CPU)
    assert loaded is not None and loaded.meta["value"] == 1.0
    commit(store, "shared", 2, snapshot(2.0))
    loaded = load(store, "shared", CPU)
    assert loaded is not None and loaded.meta["value"] == 2.0


def test_superseded_versions_are_removed_but_the_last_two(tmp_path: Path) -> None:
    """The store does not grow without bound, and other names are left alone."""
    store = DirectoryStore(tmp_path)
    store.write("other/state.json", b"{}")
    for version in (1, 2, 5, 9):
        commit(store, "shared", version, snapshot(version))
    assert store.folders("shared") == ["00000005", "00000009"]
    assert store.exists("other/state.json")
    assert store.folders("nowhere") == []


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
def test_damage_is_noticed(tmp_path: Path, damage: str) -> None:
    """Tensors that are not what was committed are refused, with what to do."""
    store = DirectoryStore(tmp_path)
    commit(store, "shared", 1, snapshot(1.0))
    [path] = tmp_path.rglob("*.safetensors")
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if damage == "truncated" else content[:-1] + b"\x01")
    with pytest.raises(StateError, match="'shared' is missing or damaged; restore its folder, or delete"):
        load(store, "shared", CPU)


def test_atomic_writing_replaces_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The file has the new content, and no temporary file remains."""
    path = tmp_path / "deep" / "file.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file.json"]
