"""KID: its value by hand, its ends, and its reference."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from autogan_core.errors import ConfigError
from autogan_core.metrics.kid import REAL_IMAGES, kernel_distance, real_features
from autogan_core.metrics.scores import ScoreAccumulator
from tests.core.tiny import FixedExtractor, tiny_dataset


def normal(count: int, seed: int, shift: float = 0.0) -> Tensor:
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(seed)) + shift


def squared_discrepancy(x: Tensor, y: Tensor) -> float:
    """The unbiased estimate written out, pair by pair."""

    def kernel(a: Tensor, b: Tensor) -> float:
        return float((a @ b / len(a) + 1) ** 3)

    count = len(x)
    others = [(i, j) for i in range(count) for j in range(count) if i != j]
    within = sum(kernel(x[i], x[j]) + kernel(y[i], y[j]) for i, j in others) / len(others)
    across = sum(kernel(a, b) for a in x for b in y) / count**2
    return within - 2 * across


def test_the_distance_by_hand() -> None:
    """With as many images on both sides every subset holds all of them, and the mean is the one estimate there is."""
    x, y = normal(12, 1).double(), normal(12, 2, shift=0.5).double()
    distance, spread = kernel_distance(x, y)
    assert distance == pytest.approx(squared_discrepancy(x, y), rel=1e-9)
    assert spread == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", [250, 1500])
def test_equal_distributions_are_near_and_others_far(count: int) -> None:
    """Also where a side has more images than a subset; the same call gives the same number."""
    real = normal(700, 3)
    (near, _), (far, _) = (kernel_distance(normal(count, 4, shift), real) for shift in (0.0, 1.0))
    assert abs(near) < 0.05 < 1 < far
    assert kernel_distance(normal(count, 4, 1.0), real)[0] == far


def test_what_is_not_finite_or_too_little() -> None:
    """A feature that is no number makes NaN, on either side; a single image is refused."""
    spoilt = normal(10, 1)
    spoilt[3, 2] = math.inf
    for sides in ((spoilt, normal(10, 2)), (normal(10, 2), spoilt)):
        assert all(map(math.isnan, kernel_distance(*sides)))
    with pytest.raises(ConfigError, match="two images of each kind, not 1 generated and 10 real"):
        kernel_distance(normal(1, 1), normal(10, 2))


def test_the_reference_is_bounded_and_repeats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large set some images are drawn, the same each time and in batches of any size; of a small one all."""
    dataset, extractor = tiny_dataset(), FixedExtractor()
    everything = real_features(dataset, extractor, tmp_path, 64)
    assert len(everything) == len(dataset.images) < REAL_IMAGES
    monkeypatch.setattr("autogan_core.metrics.kid.REAL_IMAGES", 20)
    some = real_features(dataset, extractor, tmp_path / "some", 7)
    assert some.shape == (20, 8)
    torch.testing.assert_close(real_features(dataset, extractor, tmp_path / "more", 20), some)
    assert all(((everything - feature).abs().sum(dim=1) < 1e-4).any() for feature in some)


def test_images_that_come_in_batches_score_as_a_whole(tmp_path: Path) -> None:
    """The accumulator's KID is that of all features; without real features there is none."""
    dataset, extractor = tiny_dataset(), FixedExtractor()
    real = real_features(dataset, extractor, tmp_path, 64)
    images = dataset.images.flip(0) // 2
    accumulator = ScoreAccumulator(extractor, splits=2, reference=None, real_features=real)
    for batch in torch.split(images, 10):
        accumulator.add(batch)
    scores = accumulator.read()
    assert scores.fid is None
    assert scores.kid == pytest.approx(kernel_distance(extractor(images)[0], real)[0], rel=1e-4)
    assert dataclasses.replace(scores, kid=None).named().keys() < scores.named().keys()
