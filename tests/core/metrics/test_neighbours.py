"""Precision and recall against their definition, and what they say of generators that miss something."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from autogan_core.metrics.neighbours import NEIGHBOURS, precision_and_recall


def normal(count: int, seed: int, shift: float = 0.0) -> Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed)) + shift


def share_within(points: Tensor, others: Tensor) -> float:
    """How many points lie no further from one of the others than that one's third neighbour of its own kind."""
    inside = 0
    for point in points:
        balls = [
            (float((point - other).norm()), sorted(float((other - each).norm()) for each in others)[NEIGHBOURS])
            for other in others
        ]
        inside += any(distance <= radius for distance, radius in balls)
    return inside / len(points)


@pytest.mark.parametrize("shift", [0.0, 0.7, 1.5])
def test_both_by_hand(shift: float) -> None:
    """Precision counts generated images among real ones, recall real ones among generated ones."""
    generated, real = normal(16, 1, shift), normal(24, 2)
    precision, recall = precision_and_recall(generated, real)
    assert precision == pytest.approx(share_within(generated, real), abs=1e-6)
    assert recall == pytest.approx(share_within(real, generated), abs=1e-6)


def test_few_kinds_of_images_cost_recall_and_bad_ones_precision() -> None:
    """A generator that draws one corner of the data is precise; one that draws much beyond them covers them."""
    real = normal(300, 3)
    narrow, wide = real[real[:, 0] > 1] + 0.01, torch.cat([normal(200, 4), normal(200, 5, 30.0)])
    assert precision_and_recall(narrow, real)[0] > 0.95 > 0.5 > precision_and_recall(narrow, real)[1]
    precision, recall = precision_and_recall(wide, real)
    assert precision < 0.55 and recall > 0.8


def test_what_is_not_finite_or_too_little_has_none() -> None:
    """A feature that is no number, on either side, and fewer images than there are neighbours."""
    spoilt = normal(10, 1)
    spoilt[3, 2] = math.inf
    for sides in ((spoilt, normal(10, 2)), (normal(10, 2), spoilt), (normal(3, 1), normal(10, 2))):
        assert all(map(math.isnan, precision_and_recall(*sides)))
