"""Records of committed slots in the run store: ``trials/<slot>-<start of the SHA-256>.json``."""

from __future__ import annotations

import hashlib

from autogan_core.errors import StateError
from autogan_core.history import Record
from autogan_core.storage import RunStore, read_document, seal


def store_record(store: RunStore, record: Record) -> str:
    """Stores a record, and returns the name that the committed state is to give it.

    The name depends on the content, so the loser of a race for a slot does not replace the winner's record.
    """
    document = seal(record.to_json())
    name = f"trials/{record.assignment.slot:05d}-{hashlib.sha256(document).hexdigest()[:12]}.json"
    store.write(name, document)
    return name


def load_record(store: RunStore, name: str) -> Record:
    """The record of that name.

    Raises:
        StateError: it is missing or damaged.
    """
    try:
        return Record.from_json(read_document(store, name))
    except FileNotFoundError:
        raise StateError(
            f"{store.location(name)} is missing; restore it from a copy, or choose another run folder"
        ) from None
