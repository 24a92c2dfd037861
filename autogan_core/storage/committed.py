"""State that is committed as a whole, by one writer at a time."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from autogan_core.errors import StateError
from autogan_core.storage.documents import damaged, seal, unseal
from autogan_core.storage.files import sha256_of
from autogan_core.storage.formats import FIRST, Format
from autogan_core.storage.snapshot import Snapshot
from autogan_core.storage.store import RunStore

if TYPE_CHECKING:  # seconds and 500 MB, of no use to those who keep documents only
    import torch
    from torch import Tensor

TENSORS = "tensors.safetensors"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which snapshot is in force. Plain values, so that one process can hand it to others."""

    content: Mapping[str, Any]
    """``version`` (from 1), ``folder``, ``previous`` folder, ``files`` (SHA-256 and size by name), ``meta``, and
    ``commit``, which is random."""
    token: str
    """Stands for this pointer in `RunStore.replace`."""

    @property
    def version(self) -> int:
        """Number of the commit, from 1."""
        return int(self.content["version"])

    @property
    def folder(self) -> str:
        """The snapshot's folder; another one for every version and content."""
        return str(self.content["folder"])


class CommittedState:
    """One named state in a run store.

    ``<name>/state.json`` points to ``<name>/<version>-<start of the tensors' SHA-256>/tensors.safetensors``. Data is
    written first and the pointer last, and only if it is still the one that this object saw: of several writers one
    commits, and none touches files that another one needs. The last two versions are kept.
    """

    def __init__(self, store: RunStore, name: str, form: Format = FIRST) -> None:
        """Names a state in a run store; nothing is read yet.

        Args:
            store: holds the state.
            name: the state's folder there.
            form: how the pointer's content, ``meta`` above all, and the tensors are written.
        """
        self._store, self._name, self._form = store, name, form
        self._pointer: Pointer | None = None
        self._version = 0
        self._token: str | None = None

    @property
    def current(self) -> Pointer | None:
        """The pointer as it was read or committed last, which the next `commit` is to replace."""
        return self._pointer

    def location(self, pointer: Pointer) -> str:
        """The location of the snapshot, for messages: a path or a URI."""
        return self._store.location(f"{self._name}/{pointer.folder}")

    def pointer(self) -> Pointer | None:
        """Reads the pointer, which the next `commit` replaces.

        Returns:
            The pointer; None when there is no state.

        Raises:
            StateError: it is damaged.
            NewerFormatError: a later version has written it.
        """
        current = self._store.read_current(self._pointer_name)
        self._pointer, self._version, self._token = None, 0, current and current[1]
        if current is not None:
            content = unseal(current[0], self._store.location(self._pointer_name), self._form)
            self._version = int(content["version"])
            self._pointer = Pointer(content, current[1]) if content["folder"] is not None else None
        return self._pointer

    def load(self, device: torch.device, pointer: Pointer | None = None) -> Snapshot | None:
        """Loads the current snapshot, which the next `commit` replaces.

        Args:
            device: where the tensors go.
            pointer: one that another process has read, to load just what that one does; None: read it now.

        Returns:
            The snapshot, its tensors on ``device``; None when there is none.

        Raises:
            StateError: a file is missing or damaged.
        """
        if pointer is not None:
            self._pointer, self._version, self._token = pointer, pointer.version, pointer.token
            return self._snapshot(pointer, device)
        seen = self.pointer()
        if seen is None:
            return None
        try:
            return self._snapshot(seen, device)
        except StateError:
            latest = self.pointer()
            if latest is None or latest.folder == seen.folder:
                raise
            return self._snapshot(latest, device)  # two commits of another process have removed the files meanwhile

    def commit(self, snapshot: Snapshot) -> Pointer:
        """Replaces the state that was loaded or committed last with ``snapshot``.

        Returns:
            The pointer to the new state.

        Raises:
            ConflictError: another process has committed meanwhile; the state is that one's.
        """
        version = self._version + 1
        previous = None if self._pointer is None else self._pointer.folder
        folder, files = self._store_tensors(version, snapshot.tensors)
        content = {"version": version, "folder": folder, "previous": previous, "files": files, "meta": snapshot.meta}
        return self._point_to(content)

    def clear(self) -> None:
        """Removes the state that was loaded or committed last; nothing happens when there was none.

        What stays is a pointer to nothing: its version keeps later ones apart from files that are still being removed.

        Raises:
            ConflictError: another process has committed meanwhile; that state stays.
        """
        if self._token is not None:
            self._point_to({"version": self._version + 1, "folder": None, "previous": None, "files": {}, "meta": {}})
            self._pointer = None

    @property
    def _pointer_name(self) -> str:
        return f"{self._name}/state.json"

    def _store_tensors(self, version: int, tensors: Mapping[str, Tensor]) -> tuple[str, dict[str, Any]]:
        """Writes a file here, to stream it; returns the folder's name and what the pointer says of its files."""
        from safetensors.torch import save_file

        with tempfile.TemporaryDirectory(prefix="autogan-") as scratch:
            path = Path(scratch) / TENSORS
            save_file({key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}, path)
            digest = sha256_of(path)
            folder = f"{version:08d}-{digest[:12]}"
            self._store.upload(path, f"{self._name}/{folder}/{TENSORS}")
            return folder, {TENSORS: {"sha256": digest, "size": path.stat().st_size}}

    def _point_to(self, content: dict[str, Any]) -> Pointer:
        # Two processes that compute the same state must still write different pointers, or both would think they won.
        content = {**content, "commit": uuid.uuid4().hex}
        token = self._store.replace(self._pointer_name, seal(content, self._form), self._token)
        self._pointer, self._version, self._token = Pointer(content, token), content["version"], token
        self._delete_superseded(self._pointer)
        return self._pointer

    def _delete_superseded(self, pointer: Pointer) -> None:
        """Removes older versions and what crashed or beaten writers left; a higher version may be in the making."""
        kept = {pointer.content["folder"], pointer.content["previous"]}
        for folder in self._store.folders(self._name):
            number, dash, _ = folder.partition("-")
            if dash and number.isdigit() and int(number) <= pointer.version and folder not in kept:
                self._store.delete_folder(f"{self._name}/{folder}")

    def _snapshot(self, pointer: Pointer, device: torch.device) -> Snapshot:
        from safetensors.torch import load_file

        name = f"{self._name}/{pointer.folder}/{TENSORS}"
        try:
            path = self._store.fetch(name, pointer.content["files"][TENSORS]["sha256"])
            return Snapshot(pointer.content["meta"], load_file(path, device=str(device)))
        except FileNotFoundError:
            raise StateError(
                f"{self._store.location(name)} is missing; restore it from a copy, or delete '{self._name}' in the "
                "run store to start that part again"
            ) from None
        except SafetensorError as error:
            raise StateError(damaged(self._store.location(name))) from error
