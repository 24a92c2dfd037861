"""The ranges that settings lie in, and the words that they are among.

An upper end is far beyond what anybody means: a number above it is a slip of the keyboard, which would otherwise be
noticed after hours, or when the memory is full. Ranges are for new runs: what a stored run has, its own version took.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from autogan_core.config.section import is_stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Marks a number that must lie between two ends, unless a stored run has it."""

    ge: float | None = None
    """The smallest."""
    gt: float | None = None
    """What it must be above."""
    le: float | None = None
    """The largest."""
    lt: float | None = None
    """What it must be below."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """What pydantic asks every mark of a field for."""
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def __contains__(self, value: float) -> bool:
        """Whether a value lies in it."""
        return (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
        )

    def _checked(self, value: float, info: ValidationInfo) -> float:
        if value not in self and not is_stored(info):
            raise PydanticCustomError("out_of_range", "out of range")  # the message is ours: see `parsing`
        return value


@dataclass(frozen=True, slots=True)
class OneOf:
    """Marks a word that must be among options that may become more, such as a cell's operations."""

    options: Collection[str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """What pydantic asks every mark of a field for."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: str) -> str:
        if value not in self.options:
            raise PydanticCustomError("no_option", "no option")  # the message is ours: see `parsing`
        return value


Count = Annotated[int, Range(ge=1, le=1_000_000)]
"""How many there are, or how often something is done."""
Steps = Annotated[int, Range(ge=1, le=1_000_000_000)]
"""Training steps."""
Images = Annotated[int, Range(ge=1, le=100_000_000)]
"""Images."""
Batch = Annotated[int, Range(ge=1, le=65_536)]
"""Images at a time."""
Width = Annotated[int, Range(ge=1, le=16_384)]
"""Feature maps, or the length of a vector."""
Rate = Annotated[float, Range(gt=0, le=10)]
"""A learning rate."""
Decay = Annotated[float, Range(ge=0, lt=1)]
"""The share of an old value that a moving average keeps."""
Weight = Annotated[float, Range(ge=0, le=1_000_000)]
"""What something counts; 0: nothing."""
Amount = Annotated[float, Range(gt=0, le=1e12)]
"""How much of something."""


def expanded(path: Path) -> Path:
    """The path with ``~`` as the home folder; one that begins with the name of no user's home stays as it is."""
    return Path(os.path.expanduser(path))


UserPath = Annotated[Path, AfterValidator(expanded)]
"""A path as people write it, with ``~`` for their home folder."""
