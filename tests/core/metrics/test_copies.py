"""Copies of training images: the planted ones are found, and nothing where there are none."""

from __future__ import annotations

import io
import math
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.metrics.copies import CopyFinder
from autogan_core.metrics.features.classifier import ClassifierExtractor

TRAINED = 1500
"""Digits that are compared with; the other 297 were never seen."""


def jpeg(image: Tensor, quality: int = 90) -> Tensor:
    """A grey image (1, S, S) after JPEG compression."""
    file = io.BytesIO()
    Image.fromarray(image[0].numpy()).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.asarray(Image.open(io.BytesIO(file.getvalue()))).copy())[None]


def brighter(image: Tensor, factor: float) -> Tensor:
    return (image.float() * factor).round().clamp(0, 255).to(torch.uint8)


PERTURBATIONS = (lambda image: image, jpeg, partial(brighter, factor=1.02), partial(brighter, factor=0.98))


@pytest.fixture(scope="module")
def shuffled(digits: ImageDataset) -> Tensor:
    """The digits in a random order."""
    return digits.images[torch.randperm(len(digits.images), generator=torch.Generator().manual_seed(0))]


@pytest.fixture(scope="module")
def finder(shuffled: Tensor, classifier: ClassifierExtractor) -> CopyFinder:
    """Compares with the training digits."""
    return CopyFinder(shuffled[:TRAINED], classifier(shuffled[:TRAINED])[0])


def test_ten_planted_copies_are_found(shuffled: Tensor, classifier: ClassifierExtractor, finder: CopyFinder) -> None:
    """Ten training digits, as they are, after JPEG, and a little brighter or darker, among others that are real and
    unseen; the nearest training image of each is its own, and they are the closest ten."""
    images, places = shuffled[TRAINED:].clone(), torch.arange(10) * 23 + 5
    for i, place in enumerate(places.tolist()):
        images[place] = PERTURBATIONS[i % len(PERTURBATIONS)](shuffled[100 * i])
    found = finder.find(images, classifier(images)[0])
    assert found is not None
    assert found.count == 10
    assert sorted(found.closest(10).tolist()) == places.tolist()
    assert found.nearest[places].tolist() == [100 * i for i in range(10)]
    assert torch.equal(finder.pictures(found.nearest[places]), shuffled[:1000:100])


def test_none_where_there_is_none(
    shuffled: Tensor, noise: Tensor, classifier: ClassifierExtractor, finder: CopyFinder
) -> None:
    """Real digits that were not trained on, noise, blank images and the mean of two training digits are no copies."""
    blank = torch.zeros(3, 1, 16, 16, dtype=torch.uint8)
    means = ((shuffled[:200].int() + shuffled[200:400]) // 2).to(torch.uint8)
    for images in (shuffled[TRAINED:], noise, blank, means):
        found = finder.find(images, classifier(images)[0])
        assert found is not None
        assert found.count == 0
        assert 0.12 < found.threshold < 0.2


def test_mirrored_copies_are_found_where_mirrored_images_count(
    shuffled: Tensor, classifier: ClassifierExtractor, finder: CopyFinder
) -> None:
    """Else a mirrored digit is none of those that were trained on. Its picture is shown as it was found: mirrored."""
    few, copies = shuffled[:600], shuffled[:10].flip(3)
    mirrored = CopyFinder(few, classifier(few)[0], classifier(few.flip(3))[0])
    found, without = (each.find(copies, classifier(copies)[0]) for each in (mirrored, finder))
    assert found is not None and without is not None
    assert (found.count, found.nearest.tolist()) == (10, [600 + i for i in range(10)])
    assert torch.equal(mirrored.pictures(found.nearest), copies)
    assert without.count < 3  # some digits are their own mirror image, nearly
    assert found.threshold == pytest.approx(finder.threshold, rel=0.15)


def test_duplicates_among_the_training_images_change_nothing(shuffled: Tensor, classifier: ClassifierExtractor) -> None:
    """With every training digit there three times, the threshold stays, and unseen digits are no copies."""
    few = shuffled[:400]
    features = classifier(few)[0]
    once, thrice = CopyFinder(few, features), CopyFinder(few.repeat(3, 1, 1, 1), features.repeat(3, 1))
    assert thrice.threshold == once.threshold > 0
    unseen = shuffled[400:600]
    for finder, wanted in ((once, 0), (thrice, 0)):
        found = finder.find(unseen, classifier(unseen)[0])
        assert found is not None and found.count == wanted
    found = thrice.find(few[:7], features[:7])
    assert found is not None
    assert (found.count, found.nearest.tolist()) == (7, list(range(7)))


def test_features_that_are_no_numbers_give_no_answer(shuffled: Tensor, finder: CopyFinder) -> None:
    """A generator that is broken so far has neither copies nor none."""
    assert finder.find(shuffled[:2], torch.full((2, 128), math.nan)) is None


@pytest.mark.parametrize("count", [1, 2, 3, 60])
def test_any_number_of_training_images_will_do(shuffled: Tensor, classifier: ClassifierExtractor, count: int) -> None:
    """However few there are, the check ends, and an image that is one of them is found from three on."""
    few = shuffled[:count]
    found = CopyFinder(few, classifier(few)[0]).find(few[:1], classifier(few[:1])[0])
    assert found is not None and found.nearest.tolist() == [0]
