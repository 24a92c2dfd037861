"""Inception score and FID: values, streaming, names, and the cached reference."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.errors import ConfigError
from autogan_core.metrics.features.classifier import ClassifierExtractor
from autogan_core.metrics.features.inception import Precision
from autogan_core.metrics.frechet import Moments, MomentsAccumulator, frechet_distance, reference_moments
from autogan_core.metrics.scores import ScoreAccumulator, Scores, inception_score, score_images, score_real


class FixedExtractor:
    """Gives every image its first two pixels as features and its first three as logits, counting its calls."""

    name, suffix, accuracy = "fixed", "_fixed", None

    def __init__(self, scale: float = 1.0, precision: Precision = "float32") -> None:
        self.scale, self.calls, self.fingerprint, self.precision = scale, 0, str(scale), precision

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, 2) and logits (N, 3)."""
        self.calls += 1
        pixels = images.flatten(1).float() * self.scale
        return pixels[:, :2], pixels[:, :3]


def gathered(features: Tensor, batch_size: int) -> Moments:
    """The moments of ``features`` taken in batch by batch."""
    accumulator = MomentsAccumulator()
    for batch in torch.split(features, batch_size):
        accumulator.add(batch)
    return accumulator.moments()


@pytest.mark.parametrize("classes", [2, 10])
def test_inception_score_has_its_two_ends(classes: int) -> None:
    """Sure and evenly spread predictions score the number of classes; equal ones score 1."""
    sure = torch.eye(classes).repeat(50, 1) * 50
    assert inception_score(sure, splits=1)[0] == pytest.approx(classes, rel=1e-9)
    assert inception_score(torch.ones(100, classes), splits=4) == pytest.approx((1.0, 0.0), abs=1e-12)


def test_inception_score_needs_an_image_per_split() -> None:
    """Too few images are named in the error rather than scored as NaN."""
    with pytest.raises(ConfigError, match="10 splits .* not 4"):
        inception_score(torch.zeros(4, 10), splits=10)
    with pytest.raises(ConfigError, match="not 0"):
        score_images([], FixedExtractor(), splits=1, reference=None)


@pytest.mark.parametrize("batch_size", [1, 7, 64, 300])
def test_streamed_moments_are_numpys(batch_size: int) -> None:
    """Mean and covariance do not depend on the batches, even with a mean far larger than the spread."""
    features = torch.randn(300, 6, generator=torch.Generator().manual_seed(1)) + 1e4
    moments = gathered(features, batch_size)
    assert moments.count == 300
    np.testing.assert_allclose(moments.mean, features.double().mean(0).numpy(), rtol=1e-12)
    np.testing.assert_allclose(
        moments.covariance, np.cov(features.double().numpy(), rowvar=False), rtol=1e-9, atol=1e-10
    )
    assert moments.mean.dtype == moments.covariance.dtype == np.float64


def test_frechet_distance_by_hand() -> None:
    """Diagonal Gaussians: squared distance of the means plus that of the standard deviations."""
    a = Moments(np.array([0.0, 1.0]), np.diag([1.0, 4.0]), 10)
    b = Moments(np.array([3.0, 1.0]), np.diag([4.0, 9.0]), 10)
    assert frechet_distance(a, b) == pytest.approx(9 + 1 + 1, rel=1e-12)


def test_frechet_distance_of_singular_covariances() -> None:
    """Fewer images than features: a set is at distance 0 from itself, never below, and at |shift|^2 from its shift."""
    features = torch.randn(20, 128, generator=torch.Generator().manual_seed(2))
    moments, shifted = gathered(features, 20), gathered(features + 0.5, 20)
    assert 0 <= frechet_distance(moments, moments) < 1e-4
    assert frechet_distance(moments, shifted) == pytest.approx(128 * 0.25, rel=1e-5)


def test_frechet_distance_shows_what_is_not_rounding() -> None:
    """A negative value that no rounding explains (the covariance of no data) is not passed off as 0."""
    impossible = Moments(np.zeros(2), np.diag([-1.0, -1.0]), 10)
    assert frechet_distance(impossible, impossible) == pytest.approx(-8.0)


@pytest.mark.parametrize(("batch_size", "splits"), [(50, 1), (32, 5)])
def test_streaming_scores_equal_all_at_once(noise: Tensor, batch_size: int, splits: int) -> None:
    """The batch size changes neither score."""
    reference = gathered(torch.randn(50, 2, generator=torch.Generator().manual_seed(3)), 50)
    extractor = FixedExtractor(0.01)
    whole = score_images([noise], extractor, splits=splits, reference=reference)
    parts = score_images(torch.split(noise, batch_size), extractor, splits=splits, reference=reference)
    assert list(parts.named().values()) == pytest.approx(list(whole.named().values()), rel=1e-9)
    assert parts.num_images == 500
    assert parts.suffix == "_fixed"


def test_a_score_is_of_what_was_added_before_it_is_read(noise: Tensor, device: torch.device) -> None:
    """Two sets that take turns are scored as each alone, also when the other one goes on before the reading."""
    reference = gathered(torch.randn(50, 2, generator=torch.Generator().manual_seed(3)), 50)
    sets = [noise[:300].to(device), noise[300:].to(device)]
    alone = [score_images(torch.split(s, 100), FixedExtractor(0.01), splits=2, reference=reference) for s in sets]
    ones, others = (ScoreAccumulator(FixedExtractor(0.01), splits=2, reference=reference) for _ in sets)
    for one, other in itertools.zip_longest(*(torch.split(s, 100) for s in sets)):
        ones.add(one)
        if other is not None:
            others.add(other)
    assert [ones.read(), others.read()] == alone
    assert alone[0] != alone[1]


@pytest.mark.parametrize("scale", [math.nan, math.inf])
def test_non_finite_features_give_nan(noise: Tensor, scale: float) -> None:
    """A broken extractor shows as NaN in both scores; nothing raises."""
    reference = Moments(np.zeros(2), np.eye(2), 10)
    scores = score_images([noise], FixedExtractor(scale), splits=2, reference=reference)
    assert math.isnan(scores.inception_score)
    assert scores.fid is not None
    assert math.isnan(scores.fid)


@pytest.mark.parametrize(
    ("scores", "names"),
    [
        (Scores(8, 0.1, 12, 50_000, 10, ""), {"is_50k_10split": 8, "is_50k_10split_std": 0.1, "fid_50k": 12}),
        (Scores(8, 0.1, None, 5000, 10, ""), {"is_5k_10split": 8, "is_5k_10split_std": 0.1}),
        (
            Scores(8, 0.1, None, 5000, 10, "_classifier", 0.5),
            {"is_5k_10split_classifier": 8, "is_5k_10split_std_classifier": 0.1, "kid_5k_classifier": 0.5},
        ),
        (
            Scores(8, 0.1, 12, 500, 5, "_classifier"),
            {"is_500_5split_classifier": 8, "is_500_5split_std_classifier": 0.1, "fid_500_classifier": 12},
        ),
        (
            Scores(8, 0.1, None, 500, 5, "_classifier", accuracy=0.7),
            {"is_500_5split_classifier": 8, "is_500_5split_std_classifier": 0.1, "accuracy_classifier": 0.7},
        ),
        (
            Scores(8, 0.1, 12, 500, 5, "_classifier", fid_interval=(9, 11)),
            {
                "is_500_5split_classifier": 8,
                "is_500_5split_std_classifier": 0.1,
                "fid_500_classifier": 12,
                "fid_500_low_classifier": 9,
                "fid_500_high_classifier": 11,
            },
        ),
        (Scores(8, 0.1, None, 1500, 1, ""), {"is_1500_1split": 8, "is_1500_1split_std": 0.1}),
    ],
)
def test_names_carry_the_protocol(scores: Scores, names: dict[str, float]) -> None:
    """Count, splits and extractor stand in every name; a FID that was not measured has none."""
    assert scores.named() == names


def test_reference_is_cached(digits: ImageDataset, tmp_path: Path) -> None:
    """The second call reads the file, gives the same moments and asks the extractor nothing."""
    extractor = FixedExtractor()
    first = reference_moments(digits, extractor, tmp_path / "new", batch_size=500)
    calls = extractor.calls
    second = reference_moments(digits, extractor, tmp_path / "new", batch_size=100)
    assert extractor.calls == calls == math.ceil(len(digits.images) / 500)
    np.testing.assert_array_equal(second.mean, first.mean)
    np.testing.assert_array_equal(second.covariance, first.covariance)
    assert second.count == first.count == len(digits.images)


def test_reference_belongs_to_one_extractor_and_dataset(digits: ImageDataset, tmp_path: Path) -> None:
    """Other weights, another precision or other data get moments of their own."""
    other = dataclasses.replace(digits, images=digits.images[:100], fingerprint="other")
    reduced = FixedExtractor(precision="float16")
    cases = [(digits, FixedExtractor()), (digits, FixedExtractor(2.0)), (digits, reduced), (other, FixedExtractor())]
    moments = [reference_moments(dataset, extractor, tmp_path, batch_size=500) for dataset, extractor in cases]
    np.testing.assert_allclose(moments[1].mean, 2 * moments[0].mean)
    assert [each.count for each in moments] == [*[len(digits.images)] * 3, 100]
    assert reduced.calls > 0


@pytest.mark.parametrize("damage", [b"", b"not an archive", None])
def test_damaged_reference_is_computed_again(
    digits: ImageDataset, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes | None
) -> None:
    """An empty, foreign or half-written (None) file is reported and replaced."""
    first = reference_moments(digits, FixedExtractor(), tmp_path, batch_size=500)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100] if damage is None else damage)
    extractor = FixedExtractor()
    with caplog.at_level(logging.WARNING):
        again = reference_moments(digits, extractor, tmp_path, batch_size=500)
    assert "damaged" in caplog.text
    assert extractor.calls > 0
    np.testing.assert_array_equal(again.mean, first.mean)
    reference_moments(digits, FixedExtractor(), tmp_path, batch_size=500)
    assert len(caplog.records) == 1


def test_real_digits_beat_noise(digits: ImageDataset, classifier: ClassifierExtractor, noise: Tensor) -> None:
    """The classifier's score is near 10 for the digits themselves, and low for noise, whose FID is far off."""
    real = score_real(digits, classifier, splits=1, batch_size=500)
    reference = gathered(classifier(digits.images)[0], 500)
    junk = score_images([noise], classifier, splits=1, reference=reference)
    half = score_images([digits.images[::2]], classifier, splits=1, reference=reference)
    assert 9.5 < real.inception_score <= 10
    assert 1 <= junk.inception_score < 3.5
    assert half.fid is not None
    assert junk.fid is not None
    assert junk.fid > 20 * half.fid
