"""An architecture: cells in a row, and the texts that people and files write for them."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass

from autogan_core.errors import ConfigError
from autogan_core.search_space.cell import Cell, cell_of_symbols, cell_of_words
from autogan_core.search_space.discriminator_cell import (
    LETTER,
    WORD,
    DiscriminatorCell,
    discriminator_cell_of_symbols,
    discriminator_cell_of_words,
)
from autogan_core.vectors import compact_text

LOSSES = {"hinge": "h", "non-saturating": "n", "wasserstein": "w", "relativistic": "r"}
"""The losses that a search may choose from, and their symbols: behind ``l`` they end an architecture's text."""
LOSS_LETTER = "l"


@dataclass(frozen=True, slots=True)
class Architecture:
    """A generator's cells, first (lowest resolution) to last, and what the search chooses of its training beside them.

    Immutable, hashable, and ordered by its compact text.

    Raises:
        ConfigError: there is no cell, or a cell's skips do not match its place.
    """

    cells: tuple[Cell, ...]
    loss: str | None = None
    """What its networks minimise, one of `LOSSES`, where the search chooses it; None: what ``training.loss`` says."""
    discriminator: tuple[DiscriminatorCell, ...] = ()
    """Its discriminator's cells, one for each of its own, where the search chooses them: the first sees the images.
    None: the discriminator is the paper's."""

    def __post_init__(self) -> None:
        if not self.cells:
            raise ConfigError("an architecture needs at least one cell")
        for i, cell in enumerate(self.cells):
            if len(cell.skips) != i:
                raise ConfigError(f"cell {i + 1} must have {i} skip bits, one per earlier cell, not {len(cell.skips)}")
        if self.discriminator and len(self.discriminator) != self.depth:
            raise ConfigError(
                f"the discriminator has {_counted(len(self.discriminator))}, but the generator "
                f"{_counted(self.depth)}; give each of the generator's one, or none"
            )

    @property
    def depth(self) -> int:
        """The number of cells."""
        return len(self.cells)

    def prefix(self, depth: int) -> Architecture:
        """The architecture of the first ``depth`` cells."""
        return Architecture(self.cells[:depth], self.loss, self.discriminator[:depth])

    def repeated(self, count: int) -> Architecture:
        """The architecture with its last cell repeated, for images twice as large each time.

        A repetition takes in the maps of the cells that lie as far behind it as the last cell's sources behind that
        one; so its bit from the first cell is 0.

        Args:
            count: further cells, 0 or more.

        Returns:
            An architecture of ``depth + count`` cells.
        """
        last = self.cells[-1]
        further = (dataclasses.replace(last, skips=(False,) * i + last.skips) for i in range(1, count + 1))
        return Architecture((*self.cells, *further), self.loss, self.discriminator + self.discriminator[-1:] * count)

    def __str__(self) -> str:
        groups = [cell.compact for cell in self.cells] + [cell.compact for cell in self.discriminator]
        return "-".join([*groups, *([f"{LOSS_LETTER}{LOSSES[self.loss]}"] if self.loss else [])])

    def __lt__(self, other: Architecture) -> bool:
        return str(self) < str(other)

    @property
    def readable(self) -> str:
        """The architecture in words, cells separated by `` | ``; `parse` reads it back."""
        return " | ".join([*map(str, (*self.cells, *self.discriminator)), *([self.loss] if self.loss else [])])

    @classmethod
    def parse(cls, text: str) -> Architecture:
        """Reads a named architecture (`NAMED`), the compact text, the words of `readable` or a released vector.

        Returns:
            The architecture.

        Raises:
            ConfigError: names the cell, the position and what may stand there.
        """
        text = text.strip()
        if text in NAMED:
            return NAMED[text]
        return _parse(text)


@functools.lru_cache(maxsize=2**16)  # a search reads the same architectures over and over: its whole history, each time
def _parse(text: str) -> Architecture:
    if " " in text and any(letter.isalpha() for letter in text):
        parts = text.split("|")
        loss = parts.pop().strip() if len(parts) > 1 and parts[-1].strip() in LOSSES else None
        parts, judging = _split(parts, WORD)
        cells = tuple(cell_of_words(part, i) for i, part in enumerate(parts))
        return Architecture(cells, loss, tuple(discriminator_cell_of_words(part, i) for i, part in enumerate(judging)))
    groups = text.split("-")
    loss = _loss(text, groups.pop()) if len(groups) > 1 and groups[-1][:1] == LOSS_LETTER else None
    groups, judging = _split(groups, LETTER)
    if not groups or any(part[:1].isalpha() for part in groups):
        raise ConfigError(f"there is no architecture named '{text}'; named ones are {', '.join(NAMED)}")
    groups = compact_text("-".join(groups)).split("-")
    cells = tuple(cell_of_symbols(part, i) for i, part in enumerate(groups))
    return Architecture(cells, loss, tuple(discriminator_cell_of_symbols(part, i) for i, part in enumerate(judging)))


def _split(parts: list[str], mark: str) -> tuple[list[str], list[str]]:
    """The generator's cells, and those of the discriminator behind them, which begin with a mark."""
    first = next((i for i, part in enumerate(parts) if part.strip().startswith(mark)), len(parts))
    return parts[:first], parts[first:]


def _loss(text: str, group: str) -> str:
    loss = next((word for word, symbol in LOSSES.items() if group[1:] == symbol), None)
    if loss is None:
        allowed = ", ".join(f"{LOSS_LETTER}{symbol} ({word})" for word, symbol in LOSSES.items())
        raise ConfigError(f"'{text}' ends with the loss '{group}', which is not one of {allowed}")
    return loss


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


NAMED: dict[str, Architecture] = {}
"""Architectures known by name. The paper draws top-1 (Figure 3); that top-2 and top-3 are the released code's models b
and c is an inference, since no text gives Figure 5. ``sn-gan`` is the hand-crafted generator that the paper says its
space covers: pre-activation, batch normalisation, nearest up-sampling, shortcuts, no skips. ``e2gan`` is what E2GAN
(Tian et al., ECCV 2020) found on CIFAR-10 in the same space, as its released code gives it (exps/derive.sh)."""

NAMED.update(
    {
        name: Architecture.parse(text)
        for name, text in {
            "paper-top1": "1011-10011-10103",
            "paper-top2": "1011-10111-10113",
            "paper-top3": "1111-10011-10103",
            "sn-gan": "1111-11110-11110",
            "e2gan": "0101-01210-01012",
        }.items()
    }
)
