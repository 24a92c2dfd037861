"""A data set in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from autogan_core.data.base.pixels import resize
from autogan_core.errors import DataError
from autogan_core.runtime.torch_seeding import seeded_generator


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Images at the generator's full size. S is ``model.image_size`` and C is ``model.image_channels``."""

    name: str
    """The loader's name, ``data.name``."""
    images: Tensor
    """Training images, uint8 (N, C, S, S)."""
    labels: Tensor | None
    """int64 (N,), -1 where an image has none (STL-10's unlabelled part); None: no labels at all."""
    test_images: Tensor | None
    """The publisher's test split in the same form, never trained on; None where there is none."""
    test_labels: Tensor | None
    """Labels of the test images."""
    num_classes: int
    """Number of classes; 0 without labels."""
    fingerprint: str
    """`fingerprint_of` the training images and labels: their identity for caches and run state."""
    class_names: tuple[str, ...] = ()
    """The classes' names in the order of their labels; none where there are only numbers."""

    def at_size(self, size: int) -> Tensor:
        """The training images for a search stage.

        Args:
            size: wanted side, in pixels.

        Returns:
            uint8 (N, C, size, size), antialiased bilinear; the images themselves when they have that size.
        """
        return resize(self.images, size)

    def sample(self, count: int, seed: int) -> Tensor:
        """Different training images drawn at random, uint8 (<= count, C, S, S)."""
        return self.images[self.sample_indices(count, seed)]

    def sample_indices(self, count: int, seed: int) -> Tensor:
        """Which images `sample` gives, int64 (<= count,)."""
        rng = seeded_generator(torch.device("cpu"), seed, "real samples")
        return torch.randperm(len(self.images), generator=rng)[:count]

    def labels_of(self, classes: int) -> Tensor | None:
        """The labels that conditional networks learn from, as far as there are any.

        Args:
            classes: ``model.classes``.

        Returns:
            int64 (N,), each below ``classes``, or -1 for an image that has no label; None for 0 classes.

        Raises:
            DataError: there are other classes, or no image has a label.
        """
        if not classes:
            return None
        if self.labels is None:
            raise DataError(
                f"the data set '{self.name}' has no labels, but model.classes is {classes}; set model.classes=0"
            )
        if classes != self.num_classes:
            raise DataError(
                f"the data set '{self.name}' has {self.num_classes} classes, but model.classes is {classes}; set "
                f"model.classes={self.num_classes}"
            )
        if not (self.labels >= 0).any():
            raise DataError(
                f"none of the {len(self.labels):,} images of '{self.name}' that are trained on has a label, but "
                f"model.classes is {classes}; set model.classes=0, or train on more of them"
            )
        return self.labels

    def require_labels(self) -> Tensor:
        """The labels, for a consumer that cannot do without.

        Returns:
            int64 (N,), one for each training image.

        Raises:
            DataError: there are none.
        """
        if self.labels is None:
            raise DataError(
                f"the data set '{self.name}' has no labels, which the classifier features need; "
                "set scores.features=inception"
            )
        return self.labels


def fingerprint_of(images: Tensor, labels: Tensor | None) -> str:
    """Hashes the shapes and contents of images and labels.

    Args:
        images: uint8 (N, C, S, S).
        labels: int64 (N,), or None; the same images without labels have another fingerprint.

    Returns:
        SHA-256 as 64 hex digits.
    """
    digest = hashlib.sha256()
    for tensor in (images,) if labels is None else (images, labels):
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()
