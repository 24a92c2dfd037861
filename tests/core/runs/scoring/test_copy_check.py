"""The check for copies on a run's training images: what it says, shows and stores."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.metrics import kid
from autogan_core.report.results.copies import CopyCheck
from autogan_core.runs.scoring.copy_check import SHOWN, TrainingImages
from tests.core.tiny import FixedExtractor, tiny_dataset


class InceptionLike(FixedExtractor):
    """Stands for InceptionV3, whose features of all images would take too long."""

    name = "inception"


def test_a_copy_is_told_and_shown(tmp_path: Path) -> None:
    """By its place, the training image and how near it is; the strip has it on top, above that image."""
    extractor, dataset = FixedExtractor(), tiny_dataset()
    images = torch.randint(0, 256, (30, 1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images[17] = dataset.images[5]
    check = TrainingImages(dataset, extractor, tmp_path, mirror=False).check(images, extractor(images)[0])
    assert check is not None
    assert check.words == "1 copy among 30 images (compared with all 64 training images)"
    first, *others = check.closest
    assert (first.generated, first.training, first.mirrored, first.ratio) == (17, 5, False, 0.0)
    assert len(others) == SHOWN - 1 and all(pair.ratio > check.threshold for pair in others)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(check.strip))))
    assert picture.shape == (2 * 17 - 1, SHOWN * 17 - 1)
    assert (picture[:16, :16] == dataset.images[5, 0].numpy()).all()
    assert (picture[17:, :16] == dataset.images[5, 0].numpy()).all()
    assert CopyCheck.from_json(json.loads(json.dumps(check.to_json()))) == check


def test_mirrored_copies_count_where_training_mirrors(tmp_path: Path) -> None:
    """The pair names the training image, and that it is its mirror image that is near."""
    extractor, dataset = FixedExtractor(), tiny_dataset()
    images = dataset.images[8:9].flip(3)
    check = TrainingImages(dataset, extractor, tmp_path, mirror=True).check(images, extractor(images)[0])
    assert check is not None
    assert check.words == "1 copy among 1 images (compared with all 64 training images, mirrored too)"
    assert (check.closest[0].training, check.closest[0].mirrored) == (8, True)


def test_inception_compares_with_the_images_of_kid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words say how many these are; an index is still that of the data set."""
    monkeypatch.setattr(kid, "REAL_IMAGES", 40)
    extractor, dataset = InceptionLike(), tiny_dataset()
    images = dataset.images[kid.compared_indices(dataset)[3:6]]
    check = TrainingImages(dataset, extractor, tmp_path, mirror=False).check(images, extractor(images)[0])
    assert check is not None
    assert check.words == "3 copies among 3 images (compared with 40 of 64 training images)"
    for pair in check.closest:
        assert torch.equal(dataset.images[pair.training], images[pair.generated])


def test_no_copies_in_words() -> None:
    """Numbers of thousands are readable."""
    check = CopyCheck(0, 5000, 50_000, 50_000, False, 0.19, (), "")
    assert check.words == "no copies among 5,000 images (compared with all 50,000 training images)"
    assert replace(check, copies=1234).words.startswith("1,234 copies among ")
