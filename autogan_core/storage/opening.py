"""From the text that names a run store to the store."""

from __future__ import annotations

import os
from pathlib import Path

from autogan_core.storage.directory import DirectoryStore
from autogan_core.storage.gcs import DEADLINE_SECONDS, GCSStore
from autogan_core.storage.store import RunStore
from autogan_core.storage.uris import split_uri, tidy


def open_store(uri: str, cache: Path, *, deadline_seconds: float = DEADLINE_SECONDS) -> RunStore:
    """Opens the run store at ``uri``; nothing is read or written yet.

    Args:
        uri: a directory, or ``gs://bucket/prefix``; blanks around it and slashes at its end do no harm.
        cache: where a store in a bucket keeps what it has read.
        deadline_seconds: how long a request to a bucket is repeated.

    Returns:
        A `DirectoryStore` or a `GCSStore`.

    Raises:
        ConfigError: ``uri`` is neither, such as a mistyped ``gs:/bucket``.
    """
    place = split_uri(uri)
    if place is None:
        return DirectoryStore(Path(os.path.expanduser(tidy(uri))))
    return GCSStore(*place, cache, deadline_seconds=deadline_seconds)
