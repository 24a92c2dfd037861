"""What was found in a person's images."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from autogan_core.config import Config
from autogan_core.data.base.words import listed
from autogan_core.data.own.unusable import Unusable

IMBALANCE = 3
"""The largest class is told apart from the smallest from this ratio on."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a data set before anything is decided."""

    place: str
    """The folder or file, as shown to people."""
    count: int
    """Files, or array rows, to train on."""
    sides: tuple[int, ...]
    """The shorter side of every image that can be read, in pixels, ascending."""
    square: int
    """How many of these are square."""
    grey: bool
    """Whether all images that were decoded are grey, by their pixels."""
    transparent: int = 0
    """How many of them have transparent pixels."""
    duplicates: int = 0
    """How many of them show the very pixels of another one."""
    decoded: int = 0
    """Images that were decoded; of larger sets only a part is, and of the others only the size is known."""
    unreadable: tuple[Unusable, ...] = ()
    """Files that give no image."""
    classes: Mapping[str, int] = field(default_factory=dict)
    """Images of each class, by its name or number; empty without labels."""
    unlabelled: int = 0
    """Images without a label beside others that have one."""
    test: int = 0
    """Images that are kept apart, to test on."""
    notes: tuple[str, ...] = ()
    """What may surprise in how the files were read."""

    @property
    def readable(self) -> int:
        """Images that can be read."""
        return len(self.sides)

    def reaching(self, size: int) -> int:
        """How many images have a shorter side of at least ``size`` pixels."""
        return len(self.sides) - bisect_left(self.sides, size)

    def used(self, config: Config) -> int:
        """Images that a configuration trains on: those that are large enough, or as many of them as it wants."""
        usable = self.reaching(config.model.image_size)
        return usable if config.data.max_images is None else min(usable, config.data.max_images)

    def side_of_share(self, share: float) -> int:
        """The side that this share of the images has at least, in pixels; ``share`` in (0, 1]."""
        return self.sides[min(int(len(self.sides) * (1 - share)), len(self.sides) - 1)]

    def classes_of(self, least: int) -> int:
        """How many classes have at least so many images."""
        return sum(size >= least for size in self.classes.values())

    def sentences(self) -> Iterator[str]:
        """Tells it all, the commonest first.

        Yields:
            Sentences without a full stop.
        """
        more = f", and {self.test:,} kept apart to test on" if self.test else ""
        yield f"{self.readable:,} images in {self.place}{more}"
        if not self.sides:
            return
        middle = self.sides[len(self.sides) // 2]
        sizes = f"{self.sides[0]:,} to {self.sides[-1]:,} pixels on the shorter side, {middle:,} in the middle"
        if self.sides[0] == self.sides[-1]:
            sizes = f"{middle:,} pixels on the shorter side, all of them"
        square = self.square / self.readable
        shape = "all square" if square == 1 else f"{100 * square:.0f} % square; the others are cropped to their centre"
        yield f"{sizes}; {shape}"
        yield "all grey" if self.grey else "in colour"
        yield from self._labels()
        if self.transparent:
            yield f"{self.transparent:,} with transparent pixels, which are shown on white"
        if self.duplicates:
            yield f"{self.duplicates:,} that repeat another image pixel by pixel; they count twice in what is learnt"
        if self.unreadable:
            names = listed([f"{image.name} ({image.reason})" for image in self.unreadable])
            yield f"{len(self.unreadable):,} of {self.count:,} files cannot be read: {names}"
        if self.decoded < self.readable:
            yield f"colours and damage are those of {self.decoded:,} images; the others were only measured"
        yield from self.notes

    def _labels(self) -> Iterator[str]:
        if not self.classes:
            yield "no classes: the images are not sorted into sub-folders, and carry no labels"
            return
        sizes = Counter(self.classes).most_common()
        (largest, most), (smallest, least) = sizes[0], sizes[-1]
        named = listed([f"{name} {size:,}" for name, size in self.classes.items()])
        yield f"{len(sizes):,} classes: {named}"
        if most >= IMBALANCE * max(least, 1):
            yield f"the classes are uneven: {largest} has {most:,} images and {smallest} {least:,}"
        if self.unlabelled:
            yield f"{self.unlabelled:,} images have no label"
