"""Scores of a conditional generator, class by class."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from autogan_core.config import ModelConfig
from autogan_core.metrics import class_scoring as module
from autogan_core.metrics.class_scores import ClassScores
from autogan_core.metrics.class_scoring import score_class, score_classes
from autogan_core.metrics.frechet import MomentsAccumulator
from autogan_core.metrics.scorer import Scorer
from autogan_core.networks.generator import Generator
from autogan_core.search_space import Architecture, SearchSpace
from tests.core.tiny import FixedExtractor

ARCHITECTURE = Architecture.parse("0111-11110")


class ByBrightness(FixedExtractor):
    """A classifier that takes dark images for class 0 and bright ones for class 1."""

    accuracy: Any = 0.9

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See `FeatureExtractor`."""
        mean = images.float().mean((1, 2, 3))[:, None]
        return super().__call__(images)[0], torch.cat([127.5 - mean, mean - 127.5], 1)


def generator() -> Generator:
    """Draws class 0 dark and class 1 bright, by its output's shift alone."""
    torch.manual_seed(0)
    model = ModelConfig(bottom_width=2, num_cells=2, image_channels=1, latent_dim=8, classes=2)
    made = Generator(SearchSpace.only(ARCHITECTURE), model, 4).eval()
    with torch.no_grad():
        made.get_parameter("to_rgb.2.weight").fill_(0.02)
        made.get_parameter("to_rgb.2.bias").fill_(-0.9)
        assert made.output_affine is not None
        made.output_affine.shift[1] = 5
    return made


def scorer(extractor: FixedExtractor) -> Scorer:
    moments = MomentsAccumulator()
    moments.add(torch.zeros(3, 8))
    return Scorer(extractor, moments.moments(), batch_size=150, recalibration_images=32, seed=0)


def test_what_is_drawn_as_it_should_be_is_right() -> None:
    """The classifier agrees with the labels; the distance is smallest to the class's own training images."""
    network, extractor = generator(), ByBrightness()
    features = torch.cat([torch.randn(40, 8) / 10, torch.randn(60, 8) / 10 + 1])
    found = score_classes(network, ARCHITECTURE, scorer(extractor), features, torch.tensor([0] * 40 + [1] * 60))
    assert (found.images, found.accuracy, found.mean_accuracy) == (500, (1.0, 1.0), 1.0)
    wrong = score_classes(network, ARCHITECTURE, scorer(extractor), features, torch.tensor([1] * 40 + [0] * 60))
    assert found.fid != wrong.fid
    with torch.no_grad():
        network.output_affine.shift[1] = 0  # type: ignore[union-attr]
    assert score_classes(network, ARCHITECTURE, scorer(extractor), features, torch.ones(100).long()).accuracy == (1, 0)


def test_a_class_equals_the_fid_of_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, in other batches: the same distance, 1 for each of 8 features whose mean is moved by 1."""
    extractor, rng = FixedExtractor(), torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (200, 1, 8, 8), dtype=torch.uint8, generator=rng)
    reference = MomentsAccumulator()
    reference.add(extractor(images)[0] + 1)
    share, fid = score_class(torch.split(images, 64), 0, extractor, reference.moments())
    assert share is None
    assert fid == pytest.approx(8, rel=1e-5)


def test_a_class_without_training_images_has_no_distance() -> None:
    """One image has no covariance, and InceptionV3 knows none of the classes."""
    found = score_classes(generator(), ARCHITECTURE, scorer(FixedExtractor()), torch.zeros(1, 8), torch.tensor([1]))
    assert (found.accuracy, found.mean_accuracy, found.fid) == (None, None, (None, None))


def test_many_classes_share_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more images are drawn than the most for all classes together."""
    monkeypatch.setattr(module, "MOST_IMAGES", 60)
    found = score_classes(generator(), ARCHITECTURE, scorer(FixedExtractor()), torch.randn(9, 8), torch.ones(9).long())
    assert found.images == 30
    assert found.fid[1] is not None and math.isfinite(found.fid[1])


@pytest.mark.parametrize("accuracy", [None, (0.5, 1.0)])
def test_stored_scores_are_read_again(accuracy: tuple[float, ...] | None) -> None:
    """With a classifier's accuracy and without."""
    scores = ClassScores(("a", "b"), 5, accuracy, (1.5, None))
    assert ClassScores.from_json(scores.to_json()) == scores
    assert dataclasses.astuple(scores)[1] == 5
