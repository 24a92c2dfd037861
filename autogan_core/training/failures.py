"""Trainings that have diverged, kept so that no process tries them again."""

from __future__ import annotations

from autogan_core.storage import RunStore, read_document, write_document

FAILURE_FILE = "failed.json"
"""The file of a failure, beside the training's state."""


def keep_failure(store: RunStore, state_name: str, reason: str) -> None:
    """Stores why a training failed; the same seed would fail again."""
    write_document(store, f"{state_name}/{FAILURE_FILE}", {"reason": reason})


def failure(store: RunStore, state_name: str) -> str | None:
    """The reason why a training failed; None when it did not, or has not been tried."""
    name = f"{state_name}/{FAILURE_FILE}"
    return str(read_document(store, name)["reason"]) if store.exists(name) else None
