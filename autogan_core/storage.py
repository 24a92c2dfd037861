"""The run store: where the state of a run lives between processes.

State is committed as a snapshot: its files first, a small pointer with their SHA-256 last. A process killed in between
leaves the previous snapshot in force. No pickle: tensors are safetensors, everything else is JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from autogan_core.errors import StateError


class RunStore(Protocol):
    """Named byte strings. Names are relative paths with ``/``."""

    def read(self, name: str) -> bytes:
        """The content of ``name``. Raises FileNotFoundError when there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Stores ``content`` under ``name``, whole or not at all, in place of what was there."""
        ...

    def exists(self, name: str) -> bool:
        """Whether anything is stored under ``name``."""
        ...

    def folders(self, parent: str) -> list[str]:
        """Names of the folders directly in ``parent``, sorted."""
        ...

    def delete_folder(self, folder: str) -> None:
        """Removes ``folder`` with all that it holds; nothing happens when there is none."""
        ...


class DirectoryStore:
    """A run store in a local directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str) -> bytes:
        """See `RunStore.read`."""
        return (self.root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """See `RunStore.write`; on disk before it returns."""
        write_atomically(self.root / name, content)

    def exists(self, name: str) -> bool:
        """See `RunStore.exists`."""
        return (self.root / name).is_file()

    def folders(self, parent: str) -> list[str]:
        """See `RunStore.folders`."""
        root = self.root / parent
        return sorted(entry.name for entry in root.iterdir() if entry.is_dir()) if root.is_dir() else []

    def delete_folder(self, folder: str) -> None:
        """See `RunStore.delete_folder`."""
        shutil.rmtree(self.root / folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One committed state."""

    meta: Mapping[str, Any]
    """JSON values."""
    tensors: Mapping[str, Tensor]
    """Named tensors."""

    def require(self, identity: Mapping[str, str], owner: str) -> None:
        """Checks that this is the state of the run at hand.

        Args:
            identity: what ``meta`` must say, such as the configuration's fingerprint by the name ``configuration``.
            owner: whose state this is, for the message.

        Raises:
            StateError: it says something else.
        """
        for name, mine in identity.items():
            theirs = self.meta.get(name, "unknown")
            if theirs != mine:
                raise StateError(
                    f"the state of {owner} in the run store belongs to another {name} "
                    f"({theirs[:12]}, not {mine[:12]}); choose another run folder"
                )

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with ``prefix``, by the rest of their names."""
        return tensors_below(prefix, self.tensors)


def tensors_below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with ``prefix``, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def commit(store: RunStore, name: str, version: int, snapshot: Snapshot) -> None:
    """Makes ``snapshot`` the state of ``name``, in the place of the one before.

    Args:
        store: where to.
        name: what the state belongs to, such as ``shared``; the pointer is ``<name>/state.json``.
        version: grows with every commit; the files lie in ``<name>/<version>``. The last two versions are kept.
        snapshot: what to store.
    """
    folder = f"{version:08d}"
    content = safetensors.torch.save({key: tensor.contiguous().cpu() for key, tensor in snapshot.tensors.items()})
    store.write(f"{name}/{folder}/tensors.safetensors", content)
    pointer = {"version": version, "sha256": hashlib.sha256(content).hexdigest(), "meta": snapshot.meta}
    store.write(f"{name}/state.json", json.dumps(pointer, indent=1, allow_nan=False).encode())
    superseded = [other for other in store.folders(name) if other.isdigit() and other <= folder][:-2]
    for other in superseded:
        store.delete_folder(f"{name}/{other}")


def load(store: RunStore, name: str, device: torch.device) -> Snapshot | None:
    """The state of ``name`` as it was last committed; None when it never was.

    Raises:
        StateError: a file is missing, or is not what was committed.
    """
    if not store.exists(f"{name}/state.json"):
        return None
    pointer = json.loads(store.read(f"{name}/state.json"))
    try:
        content = store.read(f"{name}/{pointer['version']:08d}/tensors.safetensors")
        intact = hashlib.sha256(content).hexdigest() == pointer["sha256"]
    except FileNotFoundError:
        intact = False
    if not intact:
        raise StateError(
            f"version {pointer['version']} of the state '{name}' is missing or damaged; "
            f"restore its folder, or delete '{name}' to start that part again"
        )
    tensors = {key: tensor.to(device) for key, tensor in safetensors.torch.load(content).items()}
    return Snapshot(pointer["meta"], tensors)


def write_atomically(path: Path, content: bytes) -> None:
    """Replaces a file as a whole: readers see the old content or the new, also after a crash; of several writers the
    last one wins. Makes the folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
