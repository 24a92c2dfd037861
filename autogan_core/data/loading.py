"""From a configuration to a data set in memory."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data.base.dataset import ImageDataset, fingerprint_of
from autogan_core.data.base.pixels import resize, to_channels
from autogan_core.data.base.source import Loader, OwnLoader, Pixels
from autogan_core.data.base.words import reason, shown
from autogan_core.data.own.image_folder import open_folder
from autogan_core.data.own.npz import open_npz
from autogan_core.data.own.unusable import UnusableImagesError, merged
from autogan_core.data.published.cifar10 import open_cifar10
from autogan_core.data.published.digits import open_digits
from autogan_core.data.published.fashion_mnist import open_fashion_mnist
from autogan_core.data.published.stl10 import open_stl10
from autogan_core.errors import DataError
from autogan_core.runtime.monitor import Monitor, SlowTask, Task

logger = logging.getLogger(__name__)

LOADERS: dict[str, Loader] = {
    "digits": open_digits,
    "fashion-mnist": open_fashion_mnist,
    "cifar10": open_cifar10,
    "stl10": open_stl10,
}
"""A loader for every published data set."""

OWN_LOADERS: dict[str, OwnLoader] = {"folder": open_folder, "npz": open_npz}
"""A loader for every other ``data.name``."""

TRAINING_IMAGES = {"digits": 1_797, "fashion-mnist": 60_000, "cifar10": 50_000, "stl10": 105_000}
"""How many training images a data set has, where its publisher decides that."""

CHUNK = 1000
"""Images that are held in their own size at a time; STL-10's 105,000 would take 2.9 GB."""
CHUNK_S = 0.5
"""More are read at a time as long as that takes less seconds, so that progress shows."""


def load_dataset(data: DataConfig, model: ModelConfig, seed: int, monitor: Monitor | None = None) -> ImageDataset:
    """Reads a data set at the generator's size and channels, without augmentation, in the order of the files.

    Args:
        data: which one, where it lies and how many training images; ``max_images`` above their number takes all.
        model: gives image size and channels.
        seed: decides which training images ``data.max_images`` keeps.
        monitor: is told how far the reading is, if it takes seconds; None: nobody is.

    Returns:
        Images in memory, uint8 (N, C, S, S), with labels and test images where the data set has them.

    Raises:
        DataError: files are missing or damaged, images are smaller than the generator's, they are not those of
            ``data.fingerprint``, or their labels are not what ``model.classes`` says. One error names all the files
            that are to blame. Files that ``data.unusable`` leaves out are named in a warning instead, as long as there
            are others.
    """
    with _os_errors(data.name):
        told = monitor or Monitor()
        if data.name in OWN_LOADERS:
            source = OWN_LOADERS[data.name](data, model, told)
        else:
            source = LOADERS[data.name](data.path, model)
        chosen = _choose(len(source.train.pixels), data.max_images, seed)
        reader = _Reader(data.name, model, len(chosen) + (len(source.test.pixels) if source.test else 0))
        test_images = test_labels = None
        with SlowTask(told, "reading images", reader.total) as task:
            images, usable = reader.read(source.train.pixels, chosen, task)
            labels = None if source.train.labels is None else source.train.labels[chosen][usable]
            if source.test is not None:
                everything = torch.arange(len(source.test.pixels))
                test_images, usable = reader.read(source.test.pixels, everything, task)
                test_labels = None if source.test.labels is None else source.test.labels[usable]
    reader.check(refuse=data.unusable == "refuse" or not len(images))
    logger.info("%s: %d training images %s", data.name, len(images), tuple(images.shape[1:]))
    fingerprint = fingerprint_of(images, labels)
    if data.fingerprint not in (None, fingerprint):
        raise DataError(
            f"the images of '{data.name}' have the fingerprint {fingerprint[:12]}, not {str(data.fingerprint)[:12]} as "
            "data.fingerprint says: they have changed since; leave that setting out to use them as they are now"
        )
    dataset = ImageDataset(
        data.name,
        images,
        labels,
        test_images,
        test_labels,
        source.num_classes,
        fingerprint,
        source.class_names,
    )
    dataset.labels_of(model.classes)
    return dataset


def count_images(data: DataConfig, model: ModelConfig) -> int:
    """Counts the training images that `load_dataset` returns, without reading them.

    Returns:
        Their number.

    Raises:
        DataError: there is no such folder or file, or it holds no image.
    """
    count = TRAINING_IMAGES.get(data.name)
    if count is None:
        with _os_errors(data.name):
            count = len(OWN_LOADERS[data.name](data, model, Monitor()).train.pixels)
    return count if data.max_images is None else min(count, data.max_images)


@contextmanager
def _os_errors(name: str) -> Iterator[None]:
    """Whatever the operating system has against a file is one sentence."""
    try:
        yield
    except OSError as error:
        file = f" in {shown(error.filename)}" if error.filename else ""
        raise DataError(
            f"the images of '{name}' cannot be read{file} ({reason(error)}); mend that, or set data.path to others"
        ) from error


def _choose(count: int, max_images: int | None, seed: int) -> Tensor:
    """Ascending indices of a random subset, or of everything."""
    if max_images is None or max_images >= count:
        return torch.arange(count)
    return torch.tensor(sorted(random.Random(seed).sample(range(count), max_images)))


class _Reader:
    """Reads images at the generator's size and channels, and goes on after those that cannot be used."""

    def __init__(self, name: str, model: ModelConfig, total: int) -> None:
        self.total = total
        self._name, self._model = name, model
        self._errors: list[UnusableImagesError] = []

    def read(self, pixels: Pixels, index: Tensor, task: Task) -> tuple[Tensor, Tensor]:
        """Reads images that can be used; `check` tells of the others.

        Args:
            pixels: where they are.
            index: ascending int64 indices (n,).
            task: is told of every image.

        Returns:
            uint8 (m, C, S, S), m <= n, and which of the n they are: bool (n,).
        """
        size, channels = self._model.image_size, self._model.image_channels
        images = torch.empty((len(index), channels, size, size), dtype=torch.uint8)
        usable = torch.ones(len(index), dtype=torch.bool)
        done, step = 0, min(CHUNK, 16)
        while done < len(index):
            started, part = time.monotonic(), index[done : done + step]
            try:
                images[done : done + step] = self._fitted(pixels[part])
            except UnusableImagesError as error:
                self._errors.append(error)
                good = torch.ones(len(part), dtype=torch.bool)
                good[[image.position for image in error.found]] = False
                usable[done : done + len(part)] = good
                if good.any():
                    images[done : done + step][good] = self._fitted(pixels[part[good]])
            task.advance(len(part))
            done += len(part)
            if time.monotonic() - started < CHUNK_S:
                step = min(2 * step, CHUNK)
        return images if bool(usable.all()) else images[usable], usable

    def check(self, refuse: bool) -> None:
        """Tells of all images that cannot be used, in one error, or in a warning that they are left out."""
        if not self._errors:
            return
        error = merged(self._errors, self.total)
        if refuse:
            raise error
        logger.warning("left out, as data.unusable says: %s", error.listing)

    def _fitted(self, native: Tensor) -> Tensor:
        size = self._model.image_size
        if native.shape[-1] < size:
            raise DataError(
                f"the images of '{self._name}' have {native.shape[-1]}x{native.shape[-1]} pixels, but the generator "
                f"makes {size}x{size}: lower model.bottom_width, num_cells or repeated_cells"
            )
        return to_channels(resize(native, size), self._model.image_channels)
