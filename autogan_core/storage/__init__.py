"""The run store: where the state of a run lives between processes, in a directory or a bucket.

State is committed as a snapshot: its files first, a small pointer with their SHA-256 last. A process killed in between
leaves the previous snapshot in force, and of two that race exactly one commits. No pickle: tensors are safetensors,
everything else is JSON, sealed so that no changed byte goes unnoticed.
"""

from autogan_core.storage.committed import CommittedState, Pointer
from autogan_core.storage.directory import DirectoryStore
from autogan_core.storage.documents import read_document, seal, unseal, write_document
from autogan_core.storage.files import write_atomically
from autogan_core.storage.formats import FIRST, OLDEST, Format
from autogan_core.storage.gcs import GCSStore
from autogan_core.storage.opening import open_store
from autogan_core.storage.snapshot import Snapshot, tensors_below
from autogan_core.storage.store import RunStore
from autogan_core.storage.updating import update

__all__ = [
    "FIRST",
    "OLDEST",
    "Format",
    "CommittedState",
    "DirectoryStore",
    "GCSStore",
    "Pointer",
    "RunStore",
    "Snapshot",
    "open_store",
    "read_document",
    "seal",
    "tensors_below",
    "unseal",
    "update",
    "write_atomically",
    "write_document",
]
