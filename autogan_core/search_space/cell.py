"""What a cell chooses, and how it is written down."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal, get_args

from autogan_core.errors import ConfigError
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, EXTRAS, NORMALISATIONS, UP_SAMPLINGS
from autogan_core.search_space.symbols import symbol_at, symbols

Conv = Literal["post", "pre"]

CONVS: tuple[Conv, ...] = get_args(Conv)
KERNEL, END = "3x3", "none"
"""The paper's convolution and end of a cell, which are not written out."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell's choices; the same ones hold for both of its convolution blocks."""

    conv: Conv
    """C: activation after ('post') or before ('pre') the convolution."""
    norm: str
    """N: how maps are normalised, one of `NORMALISATIONS`."""
    up: str
    """U: how the cell doubles its input, its skip-ins and its shortcut, one of `UP_SAMPLINGS`."""
    shortcut: bool
    """SC: whether the cell's input is added to its output."""
    skips: tuple[bool, ...] = ()
    """One bit per earlier cell, first cell first: whether its intermediate map is taken in."""
    kernel: str = KERNEL
    """K: the convolution, one of `CONVOLUTIONS`."""
    end: str = END
    """E: what follows the cell, one of `CELL_ENDS`."""

    @property
    def compact(self) -> str:
        """The compact text: symbols of C, N, U and SC, the skip bits as one number and, if need be, K and E."""
        written = (str(CONVS.index(self.conv)), NORMALISATIONS[self.norm].symbol, UP_SAMPLINGS[self.up].symbol)
        skips = str(int("".join(str(int(bit)) for bit in self.skips), 2)) if self.skips else ""
        extras = EXTRAS + CONVOLUTIONS[self.kernel].symbol + CELL_ENDS[self.end].symbol if self.extended else ""
        return f"{''.join(written)}{int(self.shortcut)}{skips}{extras}"

    @property
    def extended(self) -> bool:
        """Whether it has a convolution or an end that the paper's cells do not have."""
        return (self.kernel, self.end) != (KERNEL, END)

    @property
    def sources(self) -> tuple[int, ...]:
        """The cells (0-based) whose intermediate maps this one takes in."""
        return tuple(i for i, bit in enumerate(self.skips) if bit)

    def __str__(self) -> str:
        words: list[str] = [self.conv, self.norm, self.up]
        words += [self.kernel] if self.kernel != KERNEL else []
        words += [self.end] if self.end != END else []
        if self.shortcut:
            words.append("shortcut")
        if self.sources:
            words.append("skip:" + ",".join(str(i + 1) for i in self.sources))
        return " ".join(words)


@functools.lru_cache(maxsize=2**12)
def cell_of_symbols(part: str, index: int) -> Cell:
    """Reads the compact text of the cell at a place counted from 0.

    Returns:
        The cell.

    Raises:
        ConfigError: names the position and what may stand there.
    """
    cell = f"cell {index + 1} ('{part}')"
    if not (part.isascii() and part.isalnum()):
        raise ConfigError(f"{cell} must be digits only, such as {'1011' if index == 0 else '10111'}")
    base, mark, extras = part.partition(EXTRAS)
    conv = symbol_at(cell, base, 0, "conv", dict(zip("01", CONVS, strict=True)))
    norm = symbol_at(cell, base, 1, "norm", symbols(NORMALISATIONS))
    up = symbol_at(cell, base, 2, "up", symbols(UP_SAMPLINGS))
    shortcut = symbol_at(cell, base, 3, "shortcut", {"0": "off", "1": "on"})
    rest = base[4:]
    if index == 0 and rest:
        raise ConfigError(f"{cell}, position 5: the first cell has no skips, so '{rest}' must go")
    if index > 0 and (not rest.isdigit() or int(rest) >= 2**index or rest != str(int(rest))):
        raise ConfigError(f"{cell}, position 5 (skips): '{rest}' is not a number from 0 to {2**index - 1}")
    skips = tuple(bit == "1" for bit in format(int(rest), f"0{index}b")) if index else ()
    kernel, end = KERNEL, END
    if mark:
        behind = len(base) + len(mark)
        kernel = symbol_at(cell, part, behind, "kernel", symbols(CONVOLUTIONS))
        end = symbol_at(cell, part, behind + 1, "end", symbols(CELL_ENDS))
        if extras[2:]:
            raise ConfigError(f"{cell}, position {behind + 3}: '{extras[2:]}' must go; a cell ends with its end")
    return Cell("pre" if conv == "pre" else "post", norm, up, shortcut == "on", skips, kernel, end)


def cell_of_words(part: str, index: int) -> Cell:
    """Reads a cell in words, such as ``pre bn nearest shortcut``, like `cell_of_symbols`.

    Returns:
        The cell.

    Raises:
        ConfigError: names the word and what may stand there.
    """
    words, cell = part.split(), f"cell {index + 1} ('{part.strip()}')"
    chosen = []
    for position, (name, options) in enumerate((("conv", CONVS), ("norm", NORMALISATIONS), ("up", UP_SAMPLINGS))):
        word = words.pop(0) if words else ""
        if word not in options:
            raise ConfigError(f"{cell}, word {position + 1} ({name}): '{word}' is not one of {', '.join(options)}")
        chosen.append(word)
    kernel = words.pop(0) if words and words[0] in CONVOLUTIONS else KERNEL
    end = words.pop(0) if words and words[0] in CELL_ENDS else END
    shortcut = bool(words) and words[0] == "shortcut"
    words = words[1:] if shortcut else words
    skips = [False] * index
    for source in words.pop(0).removeprefix("skip:").split(",") if words and words[0].startswith("skip:") else ():
        if not (source.isascii() and source.isdigit()) or not 1 <= int(source) <= index:
            allowed = f"cells 1 to {index}" if index else "no cell, being the first"
            raise ConfigError(f"{cell}: skip '{source}' does not exist; cell {index + 1} can take skips from {allowed}")
        skips[int(source) - 1] = True
    if words:
        raise ConfigError(
            f"{cell}: '{words[0]}' is not understood; write C N U [K] [E] [shortcut] [skip:1,2], where K is one of "
            f"{', '.join(CONVOLUTIONS)} and E one of {', '.join(CELL_ENDS)}"
        )
    return Cell("pre" if chosen[0] == "pre" else "post", chosen[1], chosen[2], shortcut, tuple(skips), kernel, end)
