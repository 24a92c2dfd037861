"""A group of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator


@dataclass(frozen=True, slots=True)
class MayChange:
    """Marks a setting that may change in a run: the results are as good, if not the same bits.

    What has no such mark decides them.
    """

    location: bool = False
    """Whether it says where a thing lies, not how work is done: other machines have another value."""
    protocol: bool = False
    """Whether it is part of the final scores' protocol. It decides results, and the search and the trainings keep to
    the run's own value; but what they have trained may be scored under another one too."""
    images: bool = False
    """Whether it decides nothing but the images. Their own fingerprint, which all states carry, tells a change."""


class Section(BaseModel):
    """A group of settings: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    def check(self) -> None:
        """Refuses values that do not go together, or not with a run that comes to its end.

        A stored run is not asked: what it has, its own version took.

        Raises:
            ValueError: with a sentence.
        """

    @model_validator(mode="after")
    def _checked(self, info: ValidationInfo) -> Self:
        if not is_stored(info):
            self.check()
        return self


STORED = {"stored": True}
"""The context in which the settings of a stored run are validated."""


def is_stored(info: ValidationInfo) -> bool:
    """Whether the settings that are validated are a stored run's."""
    return info.context == STORED
