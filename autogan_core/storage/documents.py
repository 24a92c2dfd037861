"""JSON documents that carry their own checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from autogan_core.errors import StateError
from autogan_core.storage.store import RunStore


def seal(content: Mapping[str, Any]) -> bytes:
    """Encodes ``content`` with the SHA-256 of its only valid form; the order of keys is kept.

    Returns:
        The document as UTF-8 JSON.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
        TypeError: a value is none of JSON's.
    """
    digest = hashlib.sha256(_encoded(content)).hexdigest()
    return _encoded({"content": content, "sha256": digest})


def unseal(document: bytes, location: str) -> dict[str, Any]:
    """Verifies and decodes a sealed document; a change of any byte is detected.

    Args:
        document: what `seal` made.
        location: where it lies, for the message.

    Returns:
        The content.

    Raises:
        StateError: it is damaged.
    """
    try:
        content = json.loads(document)["content"]
        intact = isinstance(content, dict) and seal(content) == document
    except (ValueError, KeyError, TypeError, RecursionError):
        intact = False
    if not intact:
        raise StateError(damaged(location))
    return dict(content)


def write_document(store: RunStore, name: str, content: Mapping[str, Any]) -> None:
    """Stores a sealed document, in place of what was there."""
    store.write(name, seal(content))


def read_document(store: RunStore, name: str) -> dict[str, Any]:
    """Reads and verifies a sealed document.

    Returns:
        The content.

    Raises:
        FileNotFoundError: there is none.
        StateError: it is damaged.
    """
    return unseal(store.read(name), store.location(name))


def damaged(location: str) -> str:
    """The sentence for a file whose content is not what was stored."""
    return f"{location} is damaged: its content is not what was stored; restore it from a copy, or delete its folder"


def _encoded(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode()
