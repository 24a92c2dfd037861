"""File names and lists of them in messages."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from pathlib import PurePath

NAMED = 10
"""Names in a list; of more, the number is told."""
LONGEST = 120
"""Characters of a decoder's reason."""


def shown(name: PurePath | str) -> str:
    """A name that can be printed everywhere: bytes that are no UTF-8 and control characters are escaped."""
    text = str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def listed(words: Sequence[str]) -> str:
    """The first `NAMED` words, and how many more there are."""
    more = len(words) - NAMED
    return ", ".join(words[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def counted(things: Sized, noun: str) -> str:
    """How many there are, such as ``1 image`` or ``50,000 images``."""
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def reason(error: BaseException) -> str:
    """What an exception says, in one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error) if error.args else ""
    line = " ".join(text.split()) or type(error).__name__
    return shown(line if len(line) <= LONGEST else f"{line[:LONGEST]}...")
