"""Places that every pod of a search or a pipeline can reach: buckets, and no folders of one machine."""

from __future__ import annotations

from autogan_core.errors import ConfigError
from autogan_core.storage.uris import split_uri, tidy, uri_trouble


def store_trouble(uri: str) -> str | None:
    """What is wrong with a run store that several pods are to share.

    Args:
        uri: the store.

    Returns:
        The rest of a sentence that begins with the store, and what to write instead; None if nothing is wrong.
    """
    if trouble := _bucket_trouble(uri):
        return trouble
    return None if split_uri(uri) else "is a folder, and pods share none; give gs://bucket/prefix"


def check_shared_store(uri: str, field: str) -> str:
    """Checks a run store that several pods are to share.

    Args:
        uri: the store.
        field: what it stands in, for the message.

    Returns:
        The store's URI, without blanks around it and slashes at its end.

    Raises:
        ConfigError: it is no bucket.
    """
    if trouble := store_trouble(uri):
        raise ConfigError(f"{field} is {uri!r}, which {trouble}")
    return tidy(uri)


def check_shared_data(uri: str, field: str) -> str:
    """Checks the place of a data set that a pod is to read.

    Args:
        uri: the place.
        field: what it stands in, for the message.

    Returns:
        The place's URI, without blanks around it and slashes at its end.

    Raises:
        ConfigError: it is a folder or file of this machine, or no file or folder in a bucket.
    """
    if trouble := _bucket_trouble(uri):
        raise ConfigError(f"{field} is {uri!r}, which {trouble}")
    place = split_uri(uri)
    if place is None:
        raise ConfigError(
            f"{field} is {uri!r}, which is on this machine, and no pod can read it; copy it into a bucket and give "
            "gs://bucket/photos"
        )
    if not place[1]:
        raise ConfigError(f"{field} is {uri!r}, a whole bucket; name a file or a folder in it, as gs://bucket/photos")
    return tidy(uri)


def _bucket_trouble(uri: str) -> str | None:
    """What is wrong with a location, for a reader to whom no directory would do; None if nothing is."""
    trouble = uri_trouble(uri)
    return trouble and trouble.replace("a directory or ", "")
