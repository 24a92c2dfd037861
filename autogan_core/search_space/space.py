"""The cells and the architectures that a search can find."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from autogan_core.errors import ConfigError
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, NORMALISATIONS, UP_SAMPLINGS, Family, Operation
from autogan_core.search_space.architecture import Architecture
from autogan_core.search_space.cell import CONVS, Cell, Conv

SWITCH = (False, True)
SwitchWord = Literal["without", "with"]
SWITCH_WORDS: tuple[SwitchWord, ...] = get_args(SwitchWord)
"""How files name `SWITCH`'s values: words that no YAML reader takes for booleans."""


@dataclass(frozen=True, slots=True)
class CellSpace:
    """The choices of one cell: a subset of every choice's options, in the options' own order."""

    convs: tuple[Conv, ...] = CONVS
    norms: tuple[str, ...] = NORMALISATIONS.paper
    ups: tuple[str, ...] = UP_SAMPLINGS.paper
    shortcuts: tuple[bool, ...] = SWITCH
    skips: tuple[tuple[bool, ...], ...] = ()
    """The possible values of the skip bit from each earlier cell."""
    kernels: tuple[str, ...] = CONVOLUTIONS.paper
    ends: tuple[str, ...] = CELL_ENDS.paper

    def options(self, family: Family[Operation]) -> tuple[str, ...]:
        """Those of a kind of operations."""
        options: tuple[str, ...] = getattr(self, f"{family.name}s")
        return options

    @property
    def option_counts(self) -> tuple[int, ...]:
        """Number of options of each token: C, N, U, SC, all skip bits together, K and E, as far as they are chosen."""
        return tuple(map(len, _tokens(self).values()))

    @property
    def size(self) -> int:
        """The number of different cells."""
        return math.prod(self.option_counts)

    def cell(self, choices: Sequence[int]) -> Cell:
        """The cell for one index per token, each below its `option_counts`."""
        chosen = {name: options[i] for (name, options), i in zip(_tokens(self).items(), choices, strict=True)}
        return Cell(**{"kernel": self.kernels[0], "end": self.ends[0], **chosen})

    def choices(self, cell: Cell) -> tuple[int, ...]:
        """Converts a cell to option indices; the inverse of `cell`.

        Returns:
            Option indices from 0, one for each token.

        Raises:
            ConfigError: the cell lies outside this space.
        """
        tokens = _tokens(self)
        inside = len(cell.skips) == len(self.skips) and cell.kernel in self.kernels and cell.end in self.ends
        if not inside or any(getattr(cell, name) not in options for name, options in tokens.items()):
            raise ConfigError(f"the cell '{cell}' lies outside the search space")
        return tuple(options.index(getattr(cell, name)) for name, options in tokens.items())

    def __iter__(self) -> Iterator[Cell]:
        for choices in itertools.product(*map(range, self.option_counts)):
            yield self.cell(choices)


@functools.lru_cache(maxsize=256)
def _tokens(space: CellSpace) -> dict[str, tuple[Any, ...]]:
    """A cell's fields that the controller chooses, in its order, with their options."""
    tokens: dict[str, tuple[Any, ...]] = {
        "conv": space.convs,
        "norm": space.norms,
        "up": space.ups,
        "shortcut": space.shortcuts,
    }
    # One token for all skip bits. K and E have one where there is a choice: the paper's space has the paper's tokens.
    tokens |= {"skips": tuple(itertools.product(*space.skips))} if space.skips else {}
    tokens |= {"kernel": space.kernels} if len(space.kernels) > 1 else {}
    return tokens | ({"end": space.ends} if len(space.ends) > 1 else {})


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The cell spaces of a generator, first cell to last."""

    cells: tuple[CellSpace, ...]
    losses: tuple[str, ...] = ()
    """What architectures may minimise; none: the loss is no choice of theirs."""

    @classmethod
    def full(cls, num_cells: int = 3) -> SearchSpace:
        """The paper's space: every option everywhere."""
        return cls.uniform(num_cells, CellSpace(), SWITCH)

    @classmethod
    def uniform(
        cls, num_cells: int, cell: CellSpace, skips: tuple[bool, ...], losses: tuple[str, ...] = ()
    ) -> SearchSpace:
        """The space in which every cell has the choices of ``cell``, and ``skips`` for each of its skip bits."""
        return cls(tuple(dataclasses.replace(cell, skips=(skips,) * i) for i in range(num_cells)), losses)

    @classmethod
    def only(cls, architecture: Architecture) -> SearchSpace:
        """The space that holds nothing but ``architecture``."""
        return cls(
            tuple(
                CellSpace(
                    (c.conv,), (c.norm,), (c.up,), (c.shortcut,), tuple((b,) for b in c.skips), (c.kernel,), (c.end,)
                )
                for c in architecture.cells
            ),
            (architecture.loss,) if architecture.loss else (),
        )

    @property
    def num_cells(self) -> int:
        """Cells of a full architecture."""
        return len(self.cells)

    def size(self, depth: int | None = None) -> int:
        """Number of architectures of ``depth`` cells; None: of all of them."""
        return math.prod(cell.size for cell in self.cells[:depth]) * max(len(self.losses), 1)

    def max_entropy(self, start: int, end: int) -> float:
        """Entropy of uniform choices in the cells from ``start`` to before ``end``, in nats."""
        cells = sum(math.log(count) for cell in self.cells[start:end] for count in cell.option_counts)
        return cells if start else cells + math.log(max(len(self.losses), 1))

    def sample(self, rng: random.Random, depth: int | None = None) -> Architecture:
        """A uniform draw of ``depth`` cells; None: all of them."""
        drawn = (cell.cell([rng.randrange(n) for n in cell.option_counts]) for cell in self.cells[:depth])
        cells = tuple(drawn)
        return Architecture(cells, rng.choice(self.losses) if self.losses else None)

    def enumerate(self, depth: int | None = None) -> Iterator[Architecture]:
        """Every architecture of ``depth`` cells; None: all of them. The last cell varies fastest."""
        for loss in self.losses or (None,):
            for cells in itertools.product(*self.cells[:depth]):
                yield Architecture(cells, loss)

    def __contains__(self, architecture: Architecture) -> bool:
        if architecture.depth > self.num_cells or (architecture.loss and architecture.loss not in self.losses):
            return False
        try:
            for space, cell in zip(self.cells, architecture.cells, strict=False):
                space.choices(cell)
        except ConfigError:
            return False
        return True
