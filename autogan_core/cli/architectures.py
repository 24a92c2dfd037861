"""Architectures as people type them behind a command."""

from __future__ import annotations

from collections.abc import Sequence

from autogan_core.errors import ConfigError
from autogan_core.search_space import Architecture
from autogan_core.vectors import joined


def parsed(words: Sequence[str] | None) -> list[Architecture]:
    """Reads the words of a command line, of which the numbers of a released vector are one architecture.

    Args:
        words: as the shell has split them; None are none.

    Returns:
        The architectures, in their order.

    Raises:
        ConfigError: a word is no architecture.
    """
    return [Architecture.parse(text) for text in joined(words or ())]


def single(words: Sequence[str]) -> Architecture:
    """The one architecture that the words name. Raises like `parsed`, and for several."""
    found = parsed(words)
    if len(found) != 1:
        raise ConfigError(f"this command takes one architecture, not {len(found)}: {', '.join(map(str, found))}")
    return found[0]
