"""From a configuration to a data set in memory."""

from __future__ import annotations

import logging
import random

import torch
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data.cifar10 import open_cifar10
from autogan_core.data.dataset import ImageDataset, fingerprint_of
from autogan_core.data.digits import open_digits
from autogan_core.data.fashion_mnist import open_fashion_mnist
from autogan_core.data.image_folder import open_folder
from autogan_core.data.npz import open_npz
from autogan_core.data.pixels import resize, to_channels
from autogan_core.data.source import Loader, Pixels
from autogan_core.data.stl10 import open_stl10
from autogan_core.errors import DataError

logger = logging.getLogger(__name__)

LOADERS: dict[str, Loader] = {
    "digits": open_digits,
    "fashion-mnist": open_fashion_mnist,
    "cifar10": open_cifar10,
    "stl10": open_stl10,
    "folder": open_folder,
    "npz": open_npz,
}
"""A loader for every ``data.name``."""

TRAINING_IMAGES = {"digits": 1_797, "fashion-mnist": 60_000, "cifar10": 50_000, "stl10": 105_000}
"""How many training images a data set has, where its publisher decides that."""

CHUNK = 1000
"""Images that are held in their own size at a time; STL-10's 105,000 would take 2.9 GB."""


def load_dataset(data: DataConfig, model: ModelConfig, seed: int) -> ImageDataset:
    """Reads a data set at the generator's size and channels, without augmentation, in the order of the files.

    Args:
        data: which one, where it lies and how many training images; ``max_images`` above their number takes all.
        model: gives image size and channels.
        seed: decides which training images ``data.max_images`` keeps.

    Returns:
        Images in memory, uint8 (N, C, S, S), with labels and test images where the data set has them.

    Raises:
        DataError: files are missing or damaged, images are smaller than the generator's, or they are not those of
            ``data.fingerprint``.
    """
    source = LOADERS[data.name](data.path, model)
    chosen = _choose(len(source.train.pixels), data.max_images, seed)
    images = _read(data.name, source.train.pixels, chosen, model)
    labels = None if source.train.labels is None else source.train.labels[chosen]
    test_images = test_labels = None
    if source.test is not None:
        everything = torch.arange(len(source.test.pixels))
        test_images, test_labels = _read(data.name, source.test.pixels, everything, model), source.test.labels
    logger.info("%s: %d training images %s", data.name, len(images), tuple(images.shape[1:]))
    fingerprint = fingerprint_of(images, labels)
    if data.fingerprint not in (None, fingerprint):
        raise DataError(
            f"the images of '{data.name}' have the fingerprint {fingerprint[:12]}, not {str(data.fingerprint)[:12]} as "
            "data.fingerprint says: they have changed since; leave that setting out to use them as they are now"
        )
    return ImageDataset(data.name, images, labels, test_images, test_labels, source.num_classes, fingerprint)


def _choose(count: int, max_images: int | None, seed: int) -> Tensor:
    """Ascending indices of a random subset, or of everything."""
    if max_images is None or max_images >= count:
        return torch.arange(count)
    return torch.tensor(sorted(random.Random(seed).sample(range(count), max_images)))


def _read(name: str, pixels: Pixels, index: Tensor, model: ModelConfig) -> Tensor:
    size, channels = model.image_size, model.image_channels
    images = torch.empty((len(index), channels, size, size), dtype=torch.uint8)
    for into, part in zip(torch.split(images, CHUNK), torch.split(index, CHUNK), strict=True):
        native = pixels[part]
        if native.shape[-1] < size:
            raise DataError(
                f"the images of '{name}' have {native.shape[-1]}x{native.shape[-1]} pixels, but the generator makes "
                f"{size}x{size}: lower model.bottom_width or model.num_cells"
            )
        into.copy_(to_channels(resize(native, size), channels))
    return images
