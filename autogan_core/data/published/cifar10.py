"""CIFAR-10, binary version: 50,000 + 10,000 colour images of 32x32 pixels in 10 classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from autogan_core.config import ModelConfig
from autogan_core.data.base.files import find_folder, require_file
from autogan_core.data.base.source import Source, Split
from autogan_core.errors import DataError

REMEDY = "the 'CIFAR-10 binary version' (cifar-10-binary.tar.gz, www.cs.toronto.edu/~kriz/cifar.html)"
TRAIN_FILES = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST_FILES = ("test_batch.bin",)
SIZE = 32
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""Their names, as the publisher's batches.meta.txt has them."""
RECORD_BYTES = 1 + 3 * SIZE * SIZE
"""A label, then the red, the green and the blue plane."""
RECORDS_PER_FILE = 10_000


def open_cifar10(path: Path | None, model: ModelConfig) -> Source:
    """Opens CIFAR-10 in its own size.

    The publisher gives no checksums of the unpacked files, so their sizes and labels are checked.

    Args:
        path: folder with the files, or with the archive's ``cifar-10-batches-bin``; None: ``$AUTOGAN_DATA/cifar10``.
        model: not used.

    Returns:
        50,000 training and 10,000 test images, uint8 (N, 3, 32, 32), with labels in [0, 9].

    Raises:
        DataError: a file is missing or damaged.
    """
    folder = find_folder("cifar10", path, TRAIN_FILES[0], REMEDY, subfolder="cifar-10-batches-bin")
    return Source(_read_split(folder, TRAIN_FILES), _read_split(folder, TEST_FILES), len(CLASSES), CLASSES)


def _read_split(folder: Path, names: tuple[str, ...]) -> Split:
    records = torch.from_numpy(np.concatenate([_read_records(folder / name) for name in names]))
    return Split(records[:, 1:].view(-1, 3, SIZE, SIZE), records[:, 0].long())


def _read_records(path: Path) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    content = np.fromfile(require_file(path, REMEDY), np.uint8)
    expected = RECORDS_PER_FILE * RECORD_BYTES
    if content.size != expected:
        raise DataError(f"{path} has {content.size} bytes instead of {expected}; download it again")
    records = content.reshape(RECORDS_PER_FILE, RECORD_BYTES)
    if np.max(records[:, 0]) >= len(CLASSES):
        raise DataError(f"{path} is damaged: it has the label {np.max(records[:, 0])}, above 9; download it again")
    return records
