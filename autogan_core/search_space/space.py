"""The cells and the architectures that a search can find."""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from autogan_core.errors import ConfigError
from autogan_core.operations import (
    CELL_ENDS,
    CONVOLUTIONS,
    DOWN_SAMPLINGS,
    NORMALISATIONS,
    UP_SAMPLINGS,
    Family,
    Operation,
)
from autogan_core.search_space.architecture import Architecture
from autogan_core.search_space.cell import CONVS, Cell, Conv
from autogan_core.search_space.choices import Choices, Options
from autogan_core.search_space.discriminator_cell import SAME_SIZE, DiscriminatorCellSpace

C = TypeVar("C")
W = TypeVar("W", bound=str)
SWITCH = (False, True)
SwitchWord = Literal["without", "with"]
SWITCH_WORDS: tuple[SwitchWord, ...] = get_args(SwitchWord)
"""How files name `SWITCH`'s values: words that no YAML reader takes for booleans."""


def chosen(known: Iterable[W], words: Collection[str]) -> tuple[W, ...]:
    """Those of the known options that are among ``words``, in their own order."""
    return tuple(option for option in known if option in words)


def switched(words: Collection[str]) -> tuple[bool, ...]:
    """The values of a switch that files name by ``words``."""
    return tuple(word == "with" for word in SWITCH_WORDS if word in words)


@dataclass(frozen=True, slots=True)
class CellSpace(Choices[Cell]):
    """The choices of one cell of the generator."""

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
    def tokens(self) -> Options:
        """See `Choices.tokens`: C, N, U, SC, all skip bits together, K and E, as far as they are chosen."""
        tokens: dict[str, tuple[Any, ...]] = {
            "conv": self.convs,
            "norm": self.norms,
            "up": self.ups,
            "shortcut": self.shortcuts,
        }
        # One token for all skip bits. K and E have one where there is a choice: the paper's space has its own tokens.
        tokens |= {"skips": tuple(itertools.product(*self.skips))} if self.skips else {}
        tokens |= {"kernel": self.kernels} if len(self.kernels) > 1 else {}
        return tokens | ({"end": self.ends} if len(self.ends) > 1 else {})

    @property
    def fixed(self) -> Mapping[str, Any]:
        """See `Choices.fixed`."""
        fields = {"skips": (), "kernel": self.kernels[0], "end": self.ends[0]}
        chosen = {"skips": self.skips, "kernel": self.kernels[1:], "end": self.ends[1:]}
        return {name: value for name, value in fields.items() if not chosen[name]}

    def made(self, values: Mapping[str, Any]) -> Cell:
        """See `Choices.made`."""
        return Cell(**values)


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The cell spaces of a generator and, where it is searched too, of its discriminator, first cell to last."""

    cells: tuple[CellSpace, ...]
    losses: tuple[str, ...] = ()
    """What architectures may minimise; none: the loss is no choice of theirs."""
    discriminator: tuple[DiscriminatorCellSpace, ...] = ()
    """One for each cell of the generator; none: the discriminator is the paper's."""

    @classmethod
    def full(cls, num_cells: int = 3) -> SearchSpace:
        """The paper's space: every option everywhere."""
        return cls.uniform(num_cells, CellSpace(), SWITCH)

    @classmethod
    def uniform(
        cls,
        num_cells: int,
        cell: CellSpace,
        skips: tuple[bool, ...],
        losses: tuple[str, ...] = (),
        discriminator: DiscriminatorCellSpace | None = None,
    ) -> SearchSpace:
        """The space in which every cell has the choices of ``cell``, and ``skips`` for each of its skip bits.

        Args:
            num_cells: of the generator.
            cell: its cells' choices.
            skips: values of a skip bit.
            losses: see the field.
            discriminator: choices of its cells, if they are searched.

        Returns:
            The space.
        """
        cells = tuple(dataclasses.replace(cell, skips=(skips,) * i) for i in range(num_cells))
        if discriminator is None:
            return cls(cells, losses)
        plain = dataclasses.replace(discriminator, downs=DOWN_SAMPLINGS.paper)
        return cls(cells, losses, tuple(plain if i == SAME_SIZE else discriminator for i in range(num_cells)))

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
            tuple(
                DiscriminatorCellSpace((c.kernel,), (c.down,), (c.shortcut,), (c.end,))
                for c in architecture.discriminator
            ),
        )

    @property
    def num_cells(self) -> int:
        """Cells of a full architecture."""
        return len(self.cells)

    def size(self, depth: int | None = None) -> int:
        """Number of architectures of ``depth`` cells; None: of all of them."""
        return math.prod(cell.size for cell in self._choices(0, depth)) * max(len(self.losses), 1)

    def max_entropy(self, start: int, end: int) -> float:
        """Entropy of uniform choices in the cells from ``start`` to before ``end``, in nats."""
        cells = sum(math.log(count) for cell in self._choices(start, end) for count in cell.option_counts)
        return cells if start else cells + math.log(max(len(self.losses), 1))

    def _choices(self, start: int, end: int | None) -> list[Choices[Any]]:
        return [*self.cells[start:end], *self.discriminator[start:end]]

    def sample(self, rng: random.Random, depth: int | None = None) -> Architecture:
        """A uniform draw of ``depth`` cells; None: all of them."""

        def drawn(space: Choices[C]) -> C:
            return space.cell([rng.randrange(n) for n in space.option_counts])

        cells = tuple(map(drawn, self.cells[:depth]))
        discriminator = tuple(map(drawn, self.discriminator[:depth]))
        return Architecture(cells, rng.choice(self.losses) if self.losses else None, discriminator)

    def enumerate(self, depth: int | None = None) -> Iterator[Architecture]:
        """Every architecture of ``depth`` cells; None: all of them. The last cell varies fastest."""
        for loss in self.losses or (None,):
            for discriminator in itertools.product(*self.discriminator[:depth]):
                for cells in itertools.product(*self.cells[:depth]):
                    yield Architecture(cells, loss, discriminator)

    def __contains__(self, architecture: Architecture) -> bool:
        if architecture.depth > self.num_cells or (architecture.loss and architecture.loss not in self.losses):
            return False
        if bool(architecture.discriminator) != bool(self.discriminator):
            return False
        try:
            for space, cell in zip(self.cells, architecture.cells, strict=False):
                space.choices(cell)
            for judging, block in zip(self.discriminator, architecture.discriminator, strict=False):
                judging.choices(block)
        except ConfigError:
            return False
        return True
