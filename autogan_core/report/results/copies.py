"""What a check for copies of training images found, as it is stored and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Pair:
    """A generated image and the training image nearest to it."""

    generated: int
    """Place of the generated image among those that were scored, from 0."""
    training: int
    """Index of the training image in the data set."""
    mirrored: bool
    """Whether it is the training image's mirror image that is near."""
    ratio: float
    """Its distance over the mean distance to the neighbours: see `Copies`."""


@dataclass(frozen=True, slots=True)
class CopyCheck:
    """The check of one checkpoint's images."""

    copies: int
    """Generated images that are copies."""
    checked: int
    """Generated images that were checked."""
    compared: int
    """Training images that they were compared with."""
    trained_on: int
    """Training images in all."""
    mirrored: bool
    """Whether they were compared with mirrored training images as well."""
    threshold: float
    """A copy's ratio is below it."""
    closest: tuple[Pair, ...]
    """The pairs with the lowest ratios, lowest first."""
    strip: str
    """These pairs as a PNG, in base64: generated images above, the nearest training images below."""

    @property
    def words(self) -> str:
        """One clause, such as ``no copies among 5,000 images (compared with all 1,797 training images)``."""
        found = "no copies" if not self.copies else f"{self.copies:,} cop{'y' if self.copies == 1 else 'ies'}"
        part = "all" if self.compared == self.trained_on else f"{self.compared:,} of"
        compared = f"{part} {self.trained_on:,} training images{', mirrored too' if self.mirrored else ''}"
        return f"{found} among {self.checked:,} images (compared with {compared})"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> CopyCheck:
        """The inverse of `to_json`."""
        return cls(**{**tree, "closest": tuple(Pair(**pair) for pair in tree["closest"])})
