"""A data set's files, brought here from a bucket for as long as they are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autogan_core.errors import DataError
from autogan_core.storage import RunStore, open_store
from autogan_core.storage.uris import SCHEME, split_uri, tidy


@contextmanager
def brought_here(uri: str, cache: Path) -> Iterator[Path]:
    """Makes the file or folder at ``uri`` available locally as long as the context lasts.

    Args:
        uri: a local path, which is returned as it is; or ``gs://bucket/file``, or ``gs://bucket/folder`` with all that
            is below.
        cache: where copies are made.

    Yields:
        The local path.

    Raises:
        ConfigError: ``uri`` is neither, such as a mistyped ``gs:/bucket``.
        DataError: there is nothing.
        StorageAccessError: no such bucket, or no permission.
    """
    place = split_uri(uri)
    if place is None:
        yield Path(tidy(uri))
        return
    bucket, path = place
    if not path:
        raise DataError(f"'{uri}' names a whole bucket; name a file or a folder in it")
    parent, _, name = f"{SCHEME}{bucket}/{path}".rpartition("/")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="data-") as folder:
        target = Path(folder) / name
        store = open_store(parent, cache)
        if store.exists(name):
            store.download(name, target)
        elif not _download_folder(store, name, target):
            raise DataError(f"there is nothing at {uri}; name a file or a folder of the bucket")
        yield target


def _download_folder(store: RunStore, folder: str, target: Path) -> int:
    """Copies all that lies below ``folder``; returns the number of files."""
    names = store.names(folder)
    for name in names:
        store.download(f"{folder}/{name}", target / name)
    return len(names) + sum(
        _download_folder(store, f"{folder}/{inner}", target / inner) for inner in store.folders(folder)
    )
