"""What a cell may choose, token by token: common to cells of both networks."""

from __future__ import annotations

import functools
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from autogan_core.errors import ConfigError

Options = Mapping[str, tuple[Any, ...]]
"""Options by the names of a cell's fields."""
C = TypeVar("C")


class Choices(ABC, Generic[C]):
    """A subset of every choice's options, in the options' own order."""

    __slots__ = ()

    @property
    @abstractmethod
    def tokens(self) -> Options:
        """The fields that the controller chooses, in its order."""

    @property
    @abstractmethod
    def fixed(self) -> Mapping[str, Any]:
        """The values of all other fields."""

    @abstractmethod
    def made(self, values: Mapping[str, Any]) -> C:
        """The cell of these fields."""

    @property
    def option_counts(self) -> tuple[int, ...]:
        """Number of options of each token."""
        return tuple(map(len, _tokens(self).values()))

    @property
    def size(self) -> int:
        """The number of different cells."""
        return math.prod(self.option_counts)

    def cell(self, choices: Sequence[int]) -> C:
        """The cell for one index per token, each below its `option_counts`."""
        chosen = {name: options[i] for (name, options), i in zip(_tokens(self).items(), choices, strict=True)}
        return self.made({**self.fixed, **chosen})

    def choices(self, cell: C) -> tuple[int, ...]:
        """Converts a cell to option indices; the inverse of `cell`.

        Returns:
            Option indices from 0, one for each token.

        Raises:
            ConfigError: the cell lies outside this space.
        """
        tokens = _tokens(self)
        as_fixed = all(getattr(cell, name) == value for name, value in self.fixed.items())
        if not as_fixed or any(getattr(cell, name) not in options for name, options in tokens.items()):
            raise ConfigError(f"the cell '{cell}' lies outside the search space")
        return tuple(options.index(getattr(cell, name)) for name, options in tokens.items())

    def __iter__(self) -> Iterator[C]:
        for choices in itertools.product(*map(range, self.option_counts)):
            yield self.cell(choices)


@functools.lru_cache(maxsize=256)
def _tokens(space: Choices[Any]) -> Options:
    return space.tokens
