"""Trainings that have diverged, kept so that no process tries them again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from autogan_core.errors import NonFiniteLossError
from autogan_core.storage import RunStore, read_document, write_document

logger = logging.getLogger(__name__)

FAILURE_FILE = "failed.json"
"""The file of a failure, beside the training's state."""


def attempt(store: RunStore, state_name: str, train: Callable[[], object]) -> None:
    """Trains; if that diverges, keeps the reason and returns, so that the trainings after it go on.

    The same seed would diverge again, so it is not tried a second time.

    Args:
        store: the run's.
        state_name: of the training's state.
        train: trains it.
    """
    try:
        train()
    except NonFiniteLossError as error:
        logger.warning("%s failed: %s", store.location(state_name), error)
        keep_failure(store, state_name, str(error))


def keep_failure(store: RunStore, state_name: str, reason: str) -> None:
    """Stores why a training failed; the same seed would fail again."""
    write_document(store, f"{state_name}/{FAILURE_FILE}", {"reason": reason})


def failure(store: RunStore, state_name: str) -> str | None:
    """The reason why a training failed; None when it did not, or has not been tried."""
    name = f"{state_name}/{FAILURE_FILE}"
    return str(read_document(store, name)["reason"]) if store.exists(name) else None
