"""Architectures as the released code writes them: all numbers in one row, such as ``1 0 1 1 1 0 0 1 1 1 0 1 0 3``.

They are the numbers of our compact text (`search_space`) in the same order, four for the first cell and five for each
other one. People copy them with blanks, with commas, in brackets, or as digits alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autogan_core.errors import ConfigError

FIRST_CELL, OTHER_CELL = 4, 5
"""Numbers of the first cell, which has no skips, and of each other one."""
_WORD = re.compile(r"[\[(]?[0-9]{1,2},?[\])]?")


def compact_text(text: str) -> str:
    """The compact text of a released vector.

    Args:
        text: any.

    Returns:
        The groups of numbers, joined by ``-``; what is no row of numbers as it came.

    Raises:
        ConfigError: no architecture has so many numbers.
    """
    numbers = re.sub(r"[\[\](),]", " ", text).split()
    if not all(re.fullmatch("[0-9]+", number) for number in numbers):
        return text
    if len(numbers) > 1 and all(len(number) >= FIRST_CELL for number in numbers):
        return "-".join(numbers)  # the compact text with something else between its groups
    if len(numbers) == 1 and len(numbers[0]) >= FIRST_CELL + OTHER_CELL:
        numbers = list(numbers[0])
    if len(numbers) < 2:
        return "".join(numbers)
    if (len(numbers) - FIRST_CELL) % OTHER_CELL:
        raise ConfigError(
            f"'{text}' are {len(numbers)} numbers, but an architecture has {FIRST_CELL} for its first cell and "
            f"{OTHER_CELL} for each other one, so {FIRST_CELL + 2 * OTHER_CELL} for three cells"
        )
    starts = [0, *range(FIRST_CELL, len(numbers), OTHER_CELL)]
    return "-".join("".join(numbers[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True))


def joined(words: Sequence[str]) -> list[str]:
    """Puts a released vector together that a shell or a form has taken apart.

    Args:
        words: architectures, or the numbers of a single one.

    Returns:
        The words, or one text if they are numbers of at most two digits, which are no architectures.
    """
    if len(words) > 1 and all(_WORD.fullmatch(word) for word in words):
        return [" ".join(words)]
    return list(words)
