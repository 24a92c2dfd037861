"""How well a conditional generator draws what its labels say, class by class."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from autogan_core.metrics.class_scores import ClassScores
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.frechet import Moments, MomentsAccumulator, frechet_distance
from autogan_core.metrics.scorer import Scorer, sample_images
from autogan_core.networks.generator import BaseGenerator
from autogan_core.search_space import Architecture

IMAGES = 500
"""Images drawn for each class, unless there are so many classes that these are more than `MOST_IMAGES`."""
MOST_IMAGES = 50_000
"""Images drawn for all classes together, at most."""


def score_classes(
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
