"""Committed state: whole or not at all, by one writer at a time, and nothing damaged is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from autogan_core.errors import ConflictError, StateError
from autogan_core.storage import CommittedState, DirectoryStore, Pointer, RunStore, Snapshot

CPU = torch.device("cpu")


def snapshot(value: float) -> Snapshot:
    return Snapshot(
        {"value": value, "list": [1, None]}, {"a.b": torch.full((2, 3), value), "step": torch.tensor(value)}
    )


def value_of(store: RunStore) -> float | None:
    loaded = CommittedState(store, "shared").load(CPU)
    return None if loaded is None else float(loaded.tensors["step"])


class KilledStore(DirectoryStore):
    """Dies at its n-th change, in the middle of it."""

    def __init__(self, root: Path, changes: int) -> None:
        super().__init__(root)
        self.changes = changes

    def _count(self) -> None:
        if self.changes == 0:
            raise KeyboardInterrupt
        self.changes -= 1

    def upload(self, path: Path, name: str) -> None:
        self._count()
        super().upload(path, name)

    def replace(self, name: str, content: bytes, token: str | None) -> str:
        self._count()
        return super().replace(name, content, token)

    def delete_folder(self, folder: str) -> None:
        self._count()
        super().delete_folder(folder)


def test_a_snapshot_round_trips(store: RunStore) -> None:
    """What is loaded equals what was committed; there is nothing before the first commit."""
    state = CommittedState(store, "shared")
    assert state.load(CPU) is None
    assert state.commit(snapshot(1.5)).version == 1
    loaded = CommittedState(store, "shared").load(CPU)
    assert loaded is not None
    assert loaded.meta == {"value": 1.5, "list": [1, None]}
    assert torch.equal(loaded.tensors["a.b"], torch.full((2, 3), 1.5))
    assert loaded.tensors["step"].shape == ()


@pytest.mark.parametrize(("changes", "expected"), [(0, 2.0), (1, 2.0), (2, 3.0)])
def test_a_kill_at_any_point_leaves_a_whole_state(tmp_path: Path, changes: int, expected: float) -> None:
    """Killed before the data, before the pointer or before the clean-up, a commit counts or does not; the next one
    works, and leaves two versions."""
    first = CommittedState(DirectoryStore(tmp_path), "shared")
    first.commit(snapshot(1.0))
    first.commit(snapshot(2.0))
    killed = CommittedState(KilledStore(tmp_path, changes), "shared")
    killed.load(CPU)
    with pytest.raises(KeyboardInterrupt):
        killed.commit(snapshot(3.0))
    store = DirectoryStore(tmp_path)
    assert value_of(store) == expected
    after = CommittedState(store, "shared")
    after.load(CPU)
    after.commit(snapshot(4.0))
    assert value_of(store) == 4.0
    assert len(store.folders("shared")) == 2


def test_superseded_versions_are_removed_but_the_last_two(store: RunStore) -> None:
    """The store does not grow without bound; a folder of a higher version, which another writer may be filling, and
    other names are left alone."""
    store.write("other/state.json", b"{}")
    store.write("shared/00000009-abc/tensors.safetensors", b"")
    store.write("shared/00000002-abc/tensors.safetensors", b"")
    state = CommittedState(store, "shared")
    folders = [state.commit(snapshot(value)).folder for value in (1.0, 2.0, 3.0, 4.0)]
    assert store.folders("shared") == [*folders[2:], "00000009-abc"]
    assert store.exists("other/state.json")


@pytest.mark.parametrize("same", [True, False])
def test_of_two_writers_one_commits(store: RunStore, same: bool) -> None:
    """The second of two that started from one state is told, also when both computed the same one."""
    one, two = CommittedState(store, "shared"), CommittedState(store, "shared")
    one.commit(snapshot(1.0))
    two.load(CPU)
    one.commit(snapshot(2.0))
    with pytest.raises(ConflictError, match="shared/state.json was changed by another process"):
        two.commit(snapshot(2.0 if same else 3.0))
    assert value_of(store) == 2.0
    two.load(CPU)
    two.commit(snapshot(4.0))
    assert value_of(store) == 4.0


def test_a_pointer_can_be_loaded_elsewhere(store: RunStore) -> None:
    """A pointer that went through JSON loads what its reader saw, though another commit has been made since."""
    state = CommittedState(store, "shared")
    state.commit(snapshot(1.0))
    seen = CommittedState(store, "shared").pointer()
    assert seen is not None
    state.commit(snapshot(2.0))
    received = Pointer(json.loads(json.dumps(seen.content)), seen.token)
    elsewhere = CommittedState(store, "shared")
    loaded = elsewhere.load(CPU, received)
    assert loaded is not None and loaded.meta["value"] == 1.0
    assert elsewhere.current == received
    with pytest.raises(ConflictError):
        elsewhere.commit(snapshot(3.0))


def test_a_reader_that_is_overtaken_reads_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When two commits remove the files between pointer and data, the latest state is loaded."""
    store = DirectoryStore(tmp_path)
    writer = CommittedState(store, "shared")
    writer.commit(snapshot(1.0))
    real_fetch, values = DirectoryStore.fetch, [2.0, 3.0]

    def overtaken(self: DirectoryStore, *arguments: Any) -> Path:
        while values:
            writer.commit(snapshot(values.pop(0)))
        return real_fetch(self, *arguments)

    monkeypatch.setattr(DirectoryStore, "fetch", overtaken)
    assert value_of(store) == 3.0


def test_clearing(store: RunStore) -> None:
    """Nothing is left to load, the data is gone, and versions go on; state that another has committed stays."""
    state = CommittedState(store, "shared")
    state.clear()
    assert store.names("shared") == []
    state.commit(snapshot(1.0))
    other = CommittedState(store, "shared")
    other.load(CPU)
    state.clear()
    assert value_of(store) is None
    assert store.folders("shared") == []
    with pytest.raises(ConflictError):
        other.clear()
    assert state.load(CPU) is None
    assert state.commit(snapshot(2.0)).version == 3
    assert value_of(store) == 2.0


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
def test_damage_is_noticed(store: RunStore, damage: str) -> None:
    """Tensors that are not what was committed are refused by name, with what to do."""
    pointer = CommittedState(store, "shared").commit(snapshot(1.0))
    name = f"shared/{pointer.folder}/tensors.safetensors"
    content = store.read(name)
    if damage == "missing":
        store.delete_folder(f"shared/{pointer.folder}")
    else:
        store.write(name, content[:-1] if damage == "truncated" else content[:-1] + b"\x01")
    kind = "missing" if damage == "missing" else "damaged"
    with pytest.raises(StateError, match=f"shared/00000001-.*/tensors.safetensors is {kind}.*restore it from a copy"):
        CommittedState(store, "shared").load(CPU)


def test_a_damaged_pointer_can_be_cleared(store: RunStore) -> None:
    """It is refused by name; whoever can do without the state clears it and goes on."""
    CommittedState(store, "shared").commit(snapshot(1.0))
    store.write("shared/state.json", store.read("shared/state.json").replace(b'"value": 1.0', b'"value": 2.0'))
    state = CommittedState(store, "shared")
    with pytest.raises(StateError, match="shared/state.json is damaged"):
        state.load(CPU)
    state.clear()
    assert state.load(CPU) is None
    state.commit(snapshot(3.0))
    assert value_of(store) == 3.0
