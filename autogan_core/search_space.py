"""The search space: what a cell may choose, and how an architecture is written down (paper, section 3.1).

Cell s (counted from 0) is the tuple (skip_1 .. skip_s, C, N, U, SC). The compact text has one group per cell, joined by
``-``: a digit each for C, N, U and SC, then the skip bits as one number, the bit from the first cell the most
significant (so ``1011-10011-10103`` is the paper's best). That order is the released code's token order, which is what
the controller samples; the paper's tuple names the skips first, and calls itself an (s+5)-tuple though it lists s+4.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from autogan_core.errors import ConfigError
from autogan_core.vectors import compact_text

Conv = Literal["post", "pre"]
Norm = Literal["none", "bn", "in", "cbn"]
Up = Literal["bilinear", "nearest", "deconv"]

CONVS: tuple[Conv, ...] = get_args(Conv)
NORMS: tuple[Norm, ...] = get_args(Norm)
PAPER_NORMS: tuple[Norm, ...] = ("none", "bn", "in")
"""The paper's. Class-conditional batch normalisation is for generators that draw what a label says."""
UPS: tuple[Up, ...] = get_args(Up)
SWITCH = (False, True)
SwitchWord = Literal["without", "with"]
SWITCH_WORDS: tuple[SwitchWord, ...] = get_args(SwitchWord)
"""How files name `SWITCH`'s values: words that no YAML reader takes for booleans."""

_DIGITS = (("conv", CONVS), ("norm", NORMS), ("up", UPS), ("shortcut", ("off", "on")))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell's choices; the same ones hold for both of its convolution blocks."""

    conv: Conv
    """C: activation after ('post') or before ('pre') the convolution."""
    norm: Norm
    """N: no, batch, instance or class-conditional batch normalisation."""
    up: Up
    """U: how the cell doubles its input, its skip-ins and its shortcut."""
    shortcut: bool
    """SC: whether the cell's input is added to its output."""
    skips: tuple[bool, ...] = ()
    """One bit per earlier cell, first cell first: whether its intermediate map is taken in."""

    @property
    def tokens(self) -> tuple[int, ...]:
        """The compact text's numbers: C, N, U, SC and, behind the first cell, the skip bits as one number."""
        base = (CONVS.index(self.conv), NORMS.index(self.norm), UPS.index(self.up), int(self.shortcut))
        return (*base, int("".join(str(int(bit)) for bit in self.skips), 2)) if self.skips else base

    @property
    def sources(self) -> tuple[int, ...]:
        """The cells (0-based) whose intermediate maps this one takes in."""
        return tuple(i for i, bit in enumerate(self.skips) if bit)

    def __str__(self) -> str:
        words: list[str] = [self.conv, self.norm, self.up]
        if self.shortcut:
            words.append("shortcut")
        if self.sources:
            words.append("skip:" + ",".join(str(i + 1) for i in self.sources))
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Architecture:
    """A generator's cells, first (lowest resolution) to last. Immutable, hashable, and ordered by its compact text.

    Raises:
        ConfigError: there is no cell, or a cell's skips do not match its place.
    """

    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if not self.cells:
            raise ConfigError("an architecture needs at least one cell")
        for i, cell in enumerate(self.cells):
            if len(cell.skips) != i:
                raise ConfigError(f"cell {i + 1} must have {i} skip bits, one per earlier cell, not {len(cell.skips)}")

    @property
    def depth(self) -> int:
        """The number of cells."""
        return len(self.cells)

    def prefix(self, depth: int) -> Architecture:
        """The architecture of the first ``depth`` cells."""
        return Architecture(self.cells[:depth])

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
        return Architecture((*self.cells, *further))

    def __str__(self) -> str:
        return "-".join("".join(map(str, cell.tokens)) for cell in self.cells)

    def __lt__(self, other: Architecture) -> bool:
        return str(self) < str(other)

    @property
    def readable(self) -> str:
        """The architecture in words, cells separated by `` | ``; `parse` reads it back."""
        return " | ".join(map(str, self.cells))

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
        if any(letter.isalpha() for letter in text):
            if " " not in text:
                raise ConfigError(f"there is no architecture named '{text}'; named ones are {', '.join(NAMED)}")
            return cls(tuple(_parse_words(part, i) for i, part in enumerate(text.split("|"))))
        return _parse_compact(compact_text(text))


@functools.lru_cache(maxsize=2**16)  # a search reads the same architectures over and over: its whole history, each time
def _parse_compact(text: str) -> Architecture:
    return Architecture(tuple(_parse_digits(part, i) for i, part in enumerate(text.split("-"))))


@functools.lru_cache(maxsize=2**12)
def _parse_digits(part: str, index: int) -> Cell:
    cell = f"cell {index + 1} ('{part}')"
    if not (part.isascii() and part.isdigit()):
        raise ConfigError(f"{cell} must be digits only, such as {'1011' if index == 0 else '10111'}")
    values = []
    for position, (name, options) in enumerate(_DIGITS):
        allowed = ", ".join(f"{i} ({option})" for i, option in enumerate(options))
        if position >= len(part):
            raise ConfigError(f"{cell} ends before position {position + 1} ({name}), which takes {allowed}")
        if int(part[position]) >= len(options):
            raise ConfigError(f"{cell}, position {position + 1} ({name}): {part[position]} is not one of {allowed}")
        values.append(int(part[position]))
    rest = part[len(_DIGITS) :]
    if index == 0 and rest:
        raise ConfigError(f"{cell}, position 5: the first cell has no skips, so '{rest}' must go")
    if index > 0 and (not rest or int(rest) >= 2**index or rest != str(int(rest))):
        raise ConfigError(f"{cell}, position 5 (skips): '{rest}' is not a number from 0 to {2**index - 1}")
    skips = tuple(bit == "1" for bit in format(int(rest), f"0{index}b")) if index else ()
    return Cell(CONVS[values[0]], NORMS[values[1]], UPS[values[2]], bool(values[3]), skips)


def _parse_words(part: str, index: int) -> Cell:
    words, cell = part.split(), f"cell {index + 1} ('{part.strip()}')"
    chosen = []
    for position, (name, options) in enumerate(_DIGITS[:3]):
        word = words.pop(0) if words else ""
        if word not in options:
            raise ConfigError(f"{cell}, word {position + 1} ({name}): '{word}' is not one of {', '.join(options)}")
        chosen.append(options.index(word))
    shortcut = bool(words) and words[0] == "shortcut"
    words = words[1:] if shortcut else words
    skips = [False] * index
    for source in words.pop(0).removeprefix("skip:").split(",") if words and words[0].startswith("skip:") else ():
        if not (source.isascii() and source.isdigit()) or not 1 <= int(source) <= index:
            allowed = f"cells 1 to {index}" if index else "no cell, being the first"
            raise ConfigError(f"{cell}: skip '{source}' does not exist; cell {index + 1} can take skips from {allowed}")
        skips[int(source) - 1] = True
    if words:
        raise ConfigError(f"{cell}: '{words[0]}' is not understood; write C N U [shortcut] [skip:1,2]")
    return Cell(CONVS[chosen[0]], NORMS[chosen[1]], UPS[chosen[2]], shortcut, tuple(skips))


@dataclass(frozen=True, slots=True)
class CellSpace:
    """The choices of one cell: a subset of every choice's options, in the options' own order."""

    convs: tuple[Conv, ...] = CONVS
    norms: tuple[Norm, ...] = PAPER_NORMS
    ups: tuple[Up, ...] = UPS
    shortcuts: tuple[bool, ...] = SWITCH
    skips: tuple[tuple[bool, ...], ...] = ()
    """The possible values of the skip bit from each earlier cell."""

    @property
    def option_counts(self) -> tuple[int, ...]:
        """Number of options of each token: C, N, U, SC and, behind the first cell, all skip bits together."""
        counts = (len(self.convs), len(self.norms), len(self.ups), len(self.shortcuts))
        return (*counts, math.prod(map(len, self.skips))) if self.skips else counts

    @property
    def size(self) -> int:
        """The number of different cells."""
        return math.prod(self.option_counts)

    def cell(self, choices: Sequence[int]) -> Cell:
        """The cell for one index per token, each below its `option_counts`."""
        conv, norm, up, shortcut = choices[:4]
        skips = tuple(itertools.product(*self.skips))[choices[4]] if self.skips else ()
        return Cell(self.convs[conv], self.norms[norm], self.ups[up], self.shortcuts[shortcut], skips)

    def choices(self, cell: Cell) -> tuple[int, ...]:
        """Converts a cell to option indices; the inverse of `cell`.

        Returns:
            Option indices from 0 of conv, norm, up and shortcut, then one for all skip connections together, if the
            cell has any.

        Raises:
            ConfigError: the cell lies outside this space.
        """
        try:
            base = (
                self.convs.index(cell.conv),
                self.norms.index(cell.norm),
                self.ups.index(cell.up),
                self.shortcuts.index(cell.shortcut),
            )
            if not self.skips and not cell.skips:
                return base
            return (*base, tuple(itertools.product(*self.skips)).index(cell.skips))
        except ValueError:
            raise ConfigError(f"the cell '{cell}' lies outside the search space") from None

    def __iter__(self) -> Iterator[Cell]:
        for choices in itertools.product(*map(range, self.option_counts)):
            yield self.cell(choices)


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The cell spaces of a generator, first cell to last."""

    cells: tuple[CellSpace, ...]

    @classmethod
    def full(cls, num_cells: int = 3) -> SearchSpace:
        """The paper's space: every option everywhere."""
        return cls.uniform(num_cells, CellSpace(), SWITCH)

    @classmethod
    def uniform(cls, num_cells: int, cell: CellSpace, skips: tuple[bool, ...]) -> SearchSpace:
        """The space in which every cell has the choices of ``cell``, and ``skips`` for each of its skip bits."""
        return cls(tuple(dataclasses.replace(cell, skips=(skips,) * i) for i in range(num_cells)))

    @classmethod
    def only(cls, architecture: Architecture) -> SearchSpace:
        """The space that holds nothing but ``architecture``."""
        return cls(
            tuple(
                CellSpace((c.conv,), (c.norm,), (c.up,), (c.shortcut,), tuple((bit,) for bit in c.skips))
                for c in architecture.cells
            )
        )

    @property
    def num_cells(self) -> int:
        """Cells of a full architecture."""
        return len(self.cells)

    def size(self, depth: int | None = None) -> int:
        """Number of architectures of ``depth`` cells; None: of all of them."""
        return math.prod(cell.size for cell in self.cells[:depth])

    def max_entropy(self, start: int, end: int) -> float:
        """Entropy of uniform choices in the cells from ``start`` to before ``end``, in nats."""
        return sum(math.log(count) for cell in self.cells[start:end] for count in cell.option_counts)

    def sample(self, rng: random.Random, depth: int | None = None) -> Architecture:
        """A uniform draw of ``depth`` cells; None: all of them."""
        drawn = (cell.cell([rng.randrange(n) for n in cell.option_counts]) for cell in self.cells[:depth])
        return Architecture(tuple(drawn))

    def enumerate(self, depth: int | None = None) -> Iterator[Architecture]:
        """Every architecture of ``depth`` cells; None: all of them. The last cell varies fastest."""
        return map(Architecture, itertools.product(*self.cells[:depth]))

    def __contains__(self, architecture: Architecture) -> bool:
        if architecture.depth > self.num_cells:
            return False
        try:
            for space, cell in zip(self.cells, architecture.cells, strict=False):
                space.choices(cell)
        except ConfigError:
            return False
        return True


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
