"""How well a conditional generator draws what its labels say, class by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.frechet import Moments, MomentsAccumulator, frechet_distance
from autogan_core.metrics.scorer import Scorer, sample_images
from autogan_core.networks.generator import BaseGenerator
from autogan_core.search_space import Architecture

IMAGES = 500
"""Images drawn for each class, unless there are so many classes that these are more than `MOST_IMAGES`."""
MOST_IMAGES = 50_000
"""Images drawn for all classes together, at most."""


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


def class_scores(
    generator: BaseGenerator, architecture: Architecture, scorer: Scorer, features: Tensor, labels: Tensor
) -> ClassScores:
    """Draws every class, and compares it with the training images of that class.

    Args:
        generator: conditional, in eval mode.
        architecture: lies in its space.
        scorer: its extractor, batches and seed.
        features: of training images by this extractor, (M, F).
        labels: of these, int64 (M,).

    Returns:
        The scores by class.
    """
    count = max(2, min(IMAGES, MOST_IMAGES // generator.classes))
    found = []
    for label in range(generator.classes):
        wanted = torch.full((count,), label)
        images = sample_images(
            generator, architecture, count, scorer.batch_size, scorer.seed, "classes", label, labels=wanted
        )
        found.append(score_class(images, label, scorer.extractor, _moments(features[labels == label])))
    shares = tuple(share for share, _ in found if share is not None)
    names = generator.class_names or tuple(map(str, range(generator.classes)))
    return ClassScores(names, count, shares or None, tuple(fid for _, fid in found))


def score_class(
    batches: Iterable[Tensor], label: int, extractor: FeatureExtractor, reference: Moments | None
) -> tuple[float | None, float | None]:
    """Scores one class's images.

    Args:
        batches: uint8 (N, C, S, S) each; two images at least.
        label: what they should show.
        extractor: a classifier of these classes, or InceptionV3.
        reference: of the class's training images; None: there are none.

    Returns:
        The share that a classifier takes for ``label``, and the FID; None each where it cannot be computed.
    """
    drawn, right, count = MomentsAccumulator(), 0, 0
    for images in batches:
        features, logits = extractor(images)
        drawn.add(features)
        right += int((logits.argmax(1) == label).sum())
        count += len(images)
    fid = None if reference is None else frechet_distance(drawn.moments(), reference)
    return None if extractor.accuracy is None else right / count, fid


def _moments(features: Tensor) -> Moments | None:
    if len(features) < 2:
        return None
    accumulator = MomentsAccumulator()
    accumulator.add(features)
    return accumulator.moments()
