"""The data set's stages, labels and identity."""

from __future__ import annotations

import pytest
import torch

from autogan_core.data import ImageDataset
from autogan_core.data.base.dataset import fingerprint_of
from autogan_core.errors import DataError

IMAGES = torch.arange(2 * 1 * 4 * 4, dtype=torch.uint8).view(2, 1, 4, 4)
LABELS = torch.tensor([1, 0])


def dataset(labels: torch.Tensor | None) -> ImageDataset:
    """Two images, with or without labels."""
    return ImageDataset("tiny", IMAGES, labels, None, None, 0 if labels is None else 2, "0" * 64)


def test_at_size_scales_down_for_a_stage() -> None:
    """A constant image stays constant, at the size asked for."""
    constant = ImageDataset("flat", torch.full((3, 1, 8, 8), 77, dtype=torch.uint8), None, None, None, 0, "0" * 64)
    assert torch.equal(constant.at_size(4), torch.full((3, 1, 4, 4), 77, dtype=torch.uint8))


def test_at_full_size_are_the_images_themselves() -> None:
    """No copy is made."""
    assert dataset(None).at_size(4) is IMAGES


def test_require_labels_gives_them() -> None:
    """Labels that are there are returned."""
    assert dataset(LABELS).require_labels() is LABELS


def test_require_labels_says_what_to_do_without() -> None:
    """The error names the data set and the setting that helps."""
    with pytest.raises(DataError, match=r"'tiny' has no labels.*scores\.features=inception"):
        dataset(None).require_labels()


def test_fingerprint_is_of_contents_not_of_objects() -> None:
    """A copy in another memory layout has the same fingerprint, 64 hex digits."""
    copy = IMAGES.transpose(2, 3).contiguous().transpose(2, 3)
    assert fingerprint_of(copy, LABELS.clone()) == fingerprint_of(IMAGES, LABELS)
    assert len(bytes.fromhex(fingerprint_of(IMAGES, LABELS))) == 32


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES.bitwise_xor(1), LABELS),
        (IMAGES.view(2, 1, 2, 8), LABELS),
        (IMAGES, LABELS.flip(0)),
        (IMAGES, None),
    ],
    ids=["pixels", "shape", "labels", "no labels"],
)
def test_fingerprint_tells_data_apart(images: torch.Tensor, labels: torch.Tensor | None) -> None:
    """Any difference in pixels, shape or labels shows."""
    assert fingerprint_of(images, labels) != fingerprint_of(IMAGES, LABELS)


def test_labels_of_classes_that_the_images_have() -> None:
    """Conditional networks get the labels as they are; unconditional ones none."""
    dataset = labelled([0, 2, 1])
    assert torch.equal(dataset.labels_of(3), torch.tensor([0, 2, 1]))  # type: ignore[arg-type]
    assert dataset.labels_of(0) is None
    assert torch.equal(labelled([0, -1, 2]).labels_of(3), torch.tensor([0, -1, 2]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (None, 3, "has no labels, but model.classes is 3; set model.classes=0"),
        ([0, 1, 2], 4, "has 3 classes, but model.classes is 4; set model.classes=3"),
        ([-1, -1, -1], 3, "none of the 3 images of 'x' that are trained on has a label, but model.classes is 3"),
    ],
)
def test_labels_that_do_not_fit_the_classes(labels: list[int] | None, classes: int, message: str) -> None:
    """No labels, another number of classes, and no labelled image are each refused with what to do."""
    with pytest.raises(DataError, match=message):
        labelled(labels).labels_of(classes)


def labelled(labels: list[int] | None) -> ImageDataset:
    tensor = None if labels is None else torch.tensor(labels)
    return ImageDataset("x", torch.zeros(3, 1, 4, 4, dtype=torch.uint8), tensor, None, None, 3, "")
