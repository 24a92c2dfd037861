"""The operations that there are, kind by kind, and how others join them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from autogan_core.errors import ConfigError
from autogan_core.operations.operation import CellEnd, Convolution, DownSampling, Normalisation, Operation, UpSampling

O_co = TypeVar("O_co", bound=Operation, covariant=True)
C = TypeVar("C", bound=type[Operation])
ENTRY_POINTS = "autogan.operations"
"""Group of the entry points by which installed packages name the modules of their operations."""
EXTRAS = "x"
"""Begins the part of a cell's compact text that the paper's cells do not have; no operation's symbol."""
_WORD = re.compile("[a-z0-9][a-z0-9-]*")
_SYMBOL = re.compile(f"[0-9a-z](?<!{EXTRAS})")


class Family(Mapping[str, O_co], Generic[O_co]):
    """All operations of one kind, by their words, in the order in which they joined."""

    def __init__(self, name: str, kind: type[O_co]) -> None:
        self.name = name
        """Of the choice, in settings and messages."""
        self.kind = kind
        self._members: dict[str, O_co] = {}

    def __getitem__(self, word: str) -> O_co:
        return self._members[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    @property
    def paper(self) -> tuple[str, ...]:
        """The words of the paper's operations."""
        return tuple(word for word, operation in self.items() if operation.paper)

    def at(self, symbol: str) -> str | None:
        """The word of the operation with this symbol, if there is one."""
        return next((word for word, operation in self.items() if operation.symbol == symbol), None)

    def add(self, made: type[Operation]) -> None:
        """Takes in an operation of the kind; see `register`."""
        assert issubclass(made, self.kind)
        operation = made()
        word, symbol = operation.word, operation.symbol
        if not _WORD.fullmatch(word):
            raise ConfigError(f"the operation '{word}' must be named by small letters, digits and '-'")
        if not _SYMBOL.fullmatch(symbol):
            raise ConfigError(
                f"the operation '{word}' has the symbol '{symbol}'; take a digit or a small letter other than {EXTRAS}"
            )
        if word in self:
            raise ConfigError(f"there are two operations '{word}' among those of '{self.name}'; rename yours")
        if (other := self.at(symbol)) is not None:
            raise ConfigError(
                f"the operations '{other}' and '{word}' of '{self.name}' have the symbol '{symbol}' both; take another"
            )
        self._members[word] = operation


NORMALISATIONS = Family("norm", Normalisation)  # type: ignore[type-abstract]
UP_SAMPLINGS = Family("up", UpSampling)  # type: ignore[type-abstract]
CONVOLUTIONS = Family("kernel", Convolution)  # type: ignore[type-abstract]
CELL_ENDS = Family("end", CellEnd)  # type: ignore[type-abstract]
DOWN_SAMPLINGS = Family("down", DownSampling)  # type: ignore[type-abstract]
FAMILIES: tuple[Family[Operation], ...] = (NORMALISATIONS, UP_SAMPLINGS, CONVOLUTIONS, CELL_ENDS)
"""What cells of the generator choose from. Those of the discriminator have convolutions and ends as well."""


def register(made: C) -> C:
    """Puts an operation among those of its kind, as a decorator of its class.

    Returns:
        The class.

    Raises:
        ConfigError: its word or its symbol is taken, or is none.
    """
    next(family for family in (*FAMILIES, DOWN_SAMPLINGS) if issubclass(made, family.kind)).add(made)
    return made


def load_installed() -> None:
    """Imports the modules that installed packages name in the group `ENTRY_POINTS`; they register their operations."""
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        point.load()
