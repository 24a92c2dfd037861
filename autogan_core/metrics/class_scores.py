"""What is known of a conditional generator's classes, as it is stored and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ClassScores:
    """The scores of each class's images, in the order of the labels."""

    names: tuple[str, ...]
    """Of the classes; their numbers, where they have no names."""
    images: int
    """Images drawn for each class."""
    accuracy: tuple[float, ...] | None
    """Share of them that the classifier takes for that class, in [0, 1]; None with InceptionV3, which knows others."""
    fid: tuple[float | None, ...]
    """Distance to the class's training images; None where there are fewer than two of them. Both sides are small, so
    that it is biased upwards: it compares generators, and not classes of different sizes."""

    @property
    def mean_accuracy(self) -> float | None:
        """Over all classes alike; None as ``accuracy``."""
        return None if self.accuracy is None else sum(self.accuracy) / len(self.accuracy)

    @property
    def mean_fid(self) -> float | None:
        """Over all classes that have one; None if none has."""
        found = [value for value in self.fid if value is not None]
        return sum(found) / len(found) if found else None

    @property
    def words(self) -> str:
        """One clause, such as ``what it should in 93 % of 5,000 images, 500 of each class``; FID with InceptionV3."""
        drawn = f"{self.images * len(self.names):,} images, {self.images:,} of each class"
        if self.mean_accuracy is None:
            return f"{drawn}: FID {self.mean_fid or 0:.2f} to the class's own, on average"
        return f"what it should in {100 * self.mean_accuracy:.0f} % of {drawn}, as the classifier sees it"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> ClassScores:
        """The inverse of `to_json`."""
        accuracy = tree["accuracy"]
        known = None if accuracy is None else tuple(accuracy)
        return cls(tuple(tree["names"]), tree["images"], known, tuple(tree["fid"]))
