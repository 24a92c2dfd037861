"""Locations of run stores and data sets, and the names of what lies in them.

Object storage takes almost any text as an object's name, and a file system takes almost any text as a folder's. So a
mistyped URI would become a folder, and a name with ``..`` in it would leave the store.
"""

from __future__ import annotations

import ipaddress
import re

from autogan_core.errors import ConfigError

SCHEME = "gs://"
PLACEHOLDER = "YOUR-BUCKET"
"""Stands in the manifests where the bucket is to be written."""
_ALMOST = re.compile(r"(?:gs|gcs)(?:[:;]|//|\\)[:;/\\]*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
"""What people type for ``gs://``."""
_BROWSER = re.compile(
    r"https?://(?:storage\.googleapis\.com|storage\.cloud\.google\.com|"
    r"console\.cloud\.google\.com/storage/browser)/(?P<rest>[^?#;]+).*",
    re.DOTALL,
)
_BUCKET = re.compile(r"[a-z0-9][-_.a-z0-9]*[a-z0-9]")
_MOST_NAME_BYTES = 1024
"""Longest name of an object in Google Cloud Storage."""


def tidy(uri: str) -> str:
    """A location without blanks around it and slashes at its end; a URI's scheme and the root keep theirs."""
    text = uri.strip()
    return text if text.endswith("://") else text.rstrip("/") or text[:1]


def uri_trouble(uri: str) -> str | None:
    """What is wrong with a location that should be a directory or ``gs://bucket/prefix``.

    Args:
        uri: the location; blanks around it and slashes at its end do no harm.

    Returns:
        The rest of a sentence that begins with the location, and what to write instead; None if nothing is wrong.
    """
    text = tidy(uri)
    if text.startswith(SCHEME):
        return _bucket_trouble(*_split(text))
    if almost := _ALMOST.fullmatch(text) or _BROWSER.fullmatch(text):
        rest = almost["rest"].strip("/")
        return f"is misspelt; write {SCHEME}{rest or 'bucket/prefix'}"
    if not text or "\0" in text:
        return "names no place; give a directory or gs://bucket/prefix"
    if "://" in text:
        scheme = text.partition("://")[0]
        return f"has the scheme {scheme}://, not {SCHEME}; give a directory or gs://bucket/prefix"
    return None


def split_uri(uri: str) -> tuple[str, str] | None:
    """Takes a location apart.

    Returns:
        Bucket and prefix, which may be empty; None for a directory.

    Raises:
        ConfigError: it is neither.
    """
    if trouble := uri_trouble(uri):
        raise ConfigError(f"{uri!r} {trouble}")
    text = tidy(uri)
    return _split(text) if text.startswith(SCHEME) else None


def checked_name(name: str) -> str:
    """Checks the name of something in a run store.

    Returns:
        ``name``, if it stays below its store's root in every kind of store.

    Raises:
        ConfigError: it is empty or absolute, or has empty parts, ``.``, ``..`` or control characters.
    """
    if trouble := _name_trouble(name):
        raise ConfigError(f"{name!r} cannot be a name in a run store: it {trouble}; use a relative path such as a/b")
    return name


def checked_folder(folder: str) -> str:
    """Like `checked_name`, but "" is the store itself."""
    return checked_name(folder) if folder else folder


def _split(text: str) -> tuple[str, str]:
    bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
    return bucket, prefix.strip("/")


def _bucket_trouble(bucket: str, prefix: str) -> str | None:
    if not bucket:
        return "names no bucket; write gs://bucket/prefix"
    if PLACEHOLDER in bucket:
        return f"still has the placeholder {PLACEHOLDER}; write your bucket there, as in gs://bucket/prefix"
    longest = 222 if "." in bucket else 63
    parts_fit = all(0 < len(part) <= 63 for part in bucket.split("."))
    if not _BUCKET.fullmatch(bucket) or not 3 <= len(bucket) <= longest or not parts_fit or _is_address(bucket):
        return (
            f"names the bucket {bucket!r}, but buckets have 3 to 63 of a-z, 0-9, '-', '_' and '.', a letter or digit "
            "first and last; write gs://bucket/prefix"
        )
    if prefix and (trouble := _name_trouble(prefix)):
        parts = [part for part in prefix.split("/") if part.strip(".") and part.isprintable()]
        return f"has a prefix that {trouble}; write {SCHEME}{'/'.join([bucket, *parts])}"
    return None


def _name_trouble(name: str) -> str | None:
    parts = name.split("/")
    if not name:
        return "is empty"
    if ".." in parts or "." in parts:
        return "has a part '.' or '..'"
    if "" in parts:
        return "has an empty part"
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        return "has control characters"
    if len(name.encode(errors="replace")) > _MOST_NAME_BYTES:
        return f"is longer than {_MOST_NAME_BYTES} bytes"
    return None


def _is_address(bucket: str) -> bool:
    try:
        ipaddress.ip_address(bucket)
    except ValueError:
        return False
    return True
