"""JSON documents that carry their format and their own checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from autogan_core.errors import StateError
from autogan_core.storage.formats import FIRST, OLDEST, Format
from autogan_core.storage.store import RunStore


def seal(content: Mapping[str, Any], form: Format = FIRST) -> bytes:
    """Encodes ``content`` with the SHA-256 of its only valid form; the order of keys is kept.

    Returns:
        The document as UTF-8 JSON.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
        TypeError: a value is none of JSON's.
    """
    return _sealed(content, form.number)


def unseal(document: bytes, location: str, form: Format = FIRST) -> dict[str, Any]:
    """Verifies and decodes a sealed document; a change of any byte is detected.

    Args:
        document: what `seal` made.
        location: where it lies, for the message.
        form: its kind's.

    Returns:
        The content.

    Raises:
        StateError: it is damaged.
        NewerFormatError: a later version has written it.
    """
    try:
        parsed = json.loads(document)
        content, number = parsed["content"], parsed.get("format")
        known = number is None or (type(number) is int and number >= OLDEST)
        intact = known and isinstance(content, dict) and _sealed(content, number) == document
    except (ValueError, KeyError, TypeError, RecursionError):
        intact = False
    if not intact:
        raise StateError(damaged(location))
    return form.upgraded(content, OLDEST if number is None else number, location)


def write_document(store: RunStore, name: str, content: Mapping[str, Any], form: Format = FIRST) -> None:
    """Stores a sealed document, in place of what was there."""
    store.write(name, seal(content, form))


def read_document(store: RunStore, name: str, form: Format = FIRST) -> dict[str, Any]:
    """Reads and verifies a sealed document.

    Returns:
        The content.

    Raises:
        FileNotFoundError: there is none.
        StateError: it is damaged.
        NewerFormatError: a later version has written it.
    """
    return unseal(store.read(name), store.location(name), form)


def damaged(location: str) -> str:
    """The sentence for a file whose content is not what was stored."""
    return f"{location} is damaged: its content is not what was stored; restore it from a copy, or delete its folder"


def _sealed(content: Mapping[str, Any], number: int | None) -> bytes:
    """Without a number as before there were any: the checksum is the content's alone."""
    body = {"content": content} if number is None else {"format": number, "content": content}
    digest = hashlib.sha256(_encoded(content if number is None else body)).hexdigest()
    return _encoded({**body, "sha256": digest})


def _encoded(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode()
