"""Trainings that may diverge: a failure is an outcome of its own, and does not end the experiments."""

from __future__ import annotations

import logging
from collections.abc import Callable

from autogan_core.errors import NonFiniteLossError
from autogan_core.storage import RunStore
from autogan_core.training.failures import keep_failure

logger = logging.getLogger(__name__)


def attempt(store: RunStore, state_name: str, train: Callable[[], object]) -> None:
    """Trains; if that diverges, keeps the reason beside the training's state.

    The same seed would diverge again, so it is not tried a second time.
    """
    try:
        train()
    except NonFiniteLossError as error:
        logger.warning("%s failed: %s", store.location(state_name), error)
        keep_failure(store, state_name, str(error))
