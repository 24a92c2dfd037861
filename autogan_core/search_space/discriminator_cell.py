"""What a cell of the discriminator chooses, and how it is written down (the paper's discriminator is fixed).

A cell is one of the discriminator's blocks: K, the convolutions; D, how the map is halved; SC, whether its input is
added to its output; E, what follows. The compact text is ``d`` and a symbol for each, such as ``d0010``, the paper's.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autogan_core.errors import ConfigError
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, DOWN_SAMPLINGS
from autogan_core.search_space.choices import Choices, Options
from autogan_core.search_space.symbols import symbol_at, symbols

LETTER = "d"
"""Begins the compact text of a discriminator's cell."""
WORD = "discriminator"
"""Begins it in words."""
SAME_SIZE = 2
"""The one cell, counted from 0, that does not halve its map (the paper's third block)."""


@dataclass(frozen=True, slots=True)
class DiscriminatorCell:
    """One cell's choices; its convolution is that of both layers, but that the first cell's first sees images."""

    kernel: str = "3x3"
    """K: the convolution, one of `CONVOLUTIONS`."""
    down: str = "average"
    """D: how the map is halved, one of `DOWN_SAMPLINGS`; the shortcut averages in any case."""
    shortcut: bool = True
    """SC: whether the cell's input is added to its output."""
    end: str = "none"
    """E: what follows the cell, one of `CELL_ENDS`."""

    @property
    def compact(self) -> str:
        """The compact text."""
        kernel, down, end = CONVOLUTIONS[self.kernel], DOWN_SAMPLINGS[self.down], CELL_ENDS[self.end]
        return f"{LETTER}{kernel.symbol}{down.symbol}{int(self.shortcut)}{end.symbol}"

    def __str__(self) -> str:
        words = [WORD, self.kernel, self.down, *([] if self.end == "none" else [self.end])]
        return " ".join([*words, *(["shortcut"] if self.shortcut else [])])


@dataclass(frozen=True, slots=True)
class DiscriminatorCellSpace(Choices[DiscriminatorCell]):
    """The choices of one cell of the discriminator; the default is the paper's cell alone."""

    kernels: tuple[str, ...] = CONVOLUTIONS.paper
    downs: tuple[str, ...] = DOWN_SAMPLINGS.paper
    shortcuts: tuple[bool, ...] = (True,)
    ends: tuple[str, ...] = CELL_ENDS.paper

    @property
    def tokens(self) -> Options:
        """See `Choices.tokens`; one for each choice, in every space."""
        return {"kernel": self.kernels, "down": self.downs, "shortcut": self.shortcuts, "end": self.ends}

    @property
    def fixed(self) -> Mapping[str, Any]:
        """See `Choices.fixed`."""
        return {}

    def made(self, values: Mapping[str, Any]) -> DiscriminatorCell:
        """See `Choices.made`."""
        return DiscriminatorCell(**values)


@functools.lru_cache(maxsize=2**12)
def discriminator_cell_of_symbols(part: str, index: int) -> DiscriminatorCell:
    """Reads the compact text of the discriminator's cell at a place counted from 0.

    Returns:
        The cell.

    Raises:
        ConfigError: names the position and what may stand there.
    """
    cell = f"discriminator cell {index + 1} ('{part}')"
    kernel = symbol_at(cell, part, 1, "kernel", symbols(CONVOLUTIONS))
    down = symbol_at(cell, part, 2, "down", symbols(DOWN_SAMPLINGS))
    shortcut = symbol_at(cell, part, 3, "shortcut", {"0": "off", "1": "on"})
    end = symbol_at(cell, part, 4, "end", symbols(CELL_ENDS))
    if part[5:]:
        raise ConfigError(f"{cell}, position 6: '{part[5:]}' must go; a cell of the discriminator ends with its end")
    return DiscriminatorCell(kernel, down, shortcut == "on", end)


def discriminator_cell_of_words(part: str, index: int) -> DiscriminatorCell:
    """Reads a cell in words, such as ``discriminator 3x3 average shortcut``, like `discriminator_cell_of_symbols`.

    Returns:
        The cell.

    Raises:
        ConfigError: says what is not understood.
    """
    words = part.split()[1:]
    kernel = words.pop(0) if words and words[0] in CONVOLUTIONS else None
    down = words.pop(0) if words and words[0] in DOWN_SAMPLINGS else None
    end = words.pop(0) if words and words[0] in CELL_ENDS else "none"
    shortcut = words == ["shortcut"]
    if kernel is None or down is None or (words and not shortcut):
        raise ConfigError(
            f"discriminator cell {index + 1} ('{part.strip()}') is not understood; write {WORD} K D [E] [shortcut], "
            f"where K is one of {', '.join(CONVOLUTIONS)}, D one of {', '.join(DOWN_SAMPLINGS)} and E one of "
            f"{', '.join(CELL_ENDS)}"
        )
    return DiscriminatorCell(kernel, down, shortcut, end)
