"""From the text that names a run store to the store."""

from __future__ import annotations

from pathlib import Path

from autogan_core.errors import ConfigError
from autogan_core.storage.directory import DirectoryStore
from autogan_core.storage.gcs import DEADLINE_SECONDS, GCSStore
from autogan_core.storage.store import RunStore

SCHEME = "gs://"


def open_store(uri: str, cache: Path, *, deadline_seconds: float = DEADLINE_SECONDS) -> RunStore:
    """Opens the run store at ``uri``; nothing is read or written yet.

    Args:
        uri: a directory, or ``gs://bucket/prefix``.
        cache: where a store in a bucket keeps what it has read.
        deadline_seconds: how long a request to a bucket is repeated.

    Returns:
        A `DirectoryStore` or a `GCSStore`.

    Raises:
        ConfigError: ``uri`` is neither.
    """
    if not uri.startswith(SCHEME):
        if not uri or "://" in uri:
            raise ConfigError(f"'{uri}' is no run store; give a directory or gs://bucket/prefix")
        return DirectoryStore(Path(uri))
    bucket, _, prefix = uri.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise ConfigError(f"'{uri}' names no bucket; write gs://bucket/prefix")
    return GCSStore(bucket, prefix.strip("/"), cache, deadline_seconds=deadline_seconds)
