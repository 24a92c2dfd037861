"""Symbols of operations in the compact texts."""

from __future__ import annotations

from autogan_core.errors import ConfigError
from autogan_core.operations import Family, Operation


def symbols(family: Family[Operation]) -> dict[str, str]:
    """The words of a kind of operations by their symbols."""
    return {operation.symbol: word for word, operation in family.items()}


def symbol_at(cell: str, text: str, position: int, name: str, options: dict[str, str]) -> str:
    """Reads the option that stands at a position of a cell's compact text.

    Args:
        cell: the cell in messages.
        text: its compact text.
        position: from 0.
        name: of the choice.
        options: words by their symbols.

    Returns:
        The word.

    Raises:
        ConfigError: names the position and what may stand there.
    """
    allowed = ", ".join(f"{symbol} ({option})" for symbol, option in options.items())
    if position >= len(text):
        raise ConfigError(f"{cell} ends before position {position + 1} ({name}), which takes {allowed}")
    if text[position] not in options:
        raise ConfigError(f"{cell}, position {position + 1} ({name}): {text[position]} is not one of {allowed}")
    return options[text[position]]
