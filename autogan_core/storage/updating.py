"""Changes to one document of a run store by any number of processes at once."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

from autogan_core.errors import ConflictError
from autogan_core.storage.store import RunStore

logger = logging.getLogger(__name__)

ATTEMPTS = 30
"""Tries to change a document. Every time that one writer is beaten another one is done, so this many may come at once.
"""
MAX_PAUSE_SECONDS = 1.0
"""Longest wait between two tries; a bucket takes about one write of an object in a second."""


def update(store: RunStore, name: str, edit: Callable[[bytes | None], bytes]) -> bytes:
    """Replaces the content of ``name`` by what ``edit`` makes of it, and loses no other process's change.

    Args:
        store: where it is kept.
        name: of the document.
        edit: from the current content, None if there is none, to the new one; called again for each try.

    Returns:
        The new content.

    Raises:
        ConflictError: other processes kept changing it.
    """
    for attempt in range(ATTEMPTS):
        content, token = store.read_current(name) or (None, None)
        changed = edit(content)
        try:
            store.replace(name, changed, token)
        except ConflictError:
            logger.info("%s was changed meanwhile; changing it again", store.location(name))
            # Random, or writers that collided once would go on colliding.
            time.sleep(random.uniform(0, min(MAX_PAUSE_SECONDS, 0.01 * 2**attempt)))
        else:
            return changed
    raise ConflictError(
        f"{store.location(name)} was changed by other processes {ATTEMPTS} times in a row; try again later"
    )
