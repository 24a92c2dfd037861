"""STL-10, binary version: 5,000 labelled and 100,000 unlabelled colour images of 96x96 pixels, and 8,000 to test on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from autogan_core.config import ModelConfig
from autogan_core.data.base.files import find_folder, md5_of, require_digest, require_file
from autogan_core.data.base.source import Source, Split
from autogan_core.errors import DataError

REMEDY = "STL-10's binary files (stl10_binary.tar.gz, cs.stanford.edu/~acoates/stl10)"
SIZE = 96
IMAGE_BYTES = 3 * SIZE * SIZE
CLASSES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
"""Their names, as the publisher's class_names.txt has them."""

MD5 = {
    "train_X.bin": "918c2871b30a85fa023e0c44e0bee87f",
    "train_y.bin": "5a34089d4802c674881badbb80307741",
    "unlabeled_X.bin": "5242ba1fed5e4be9e1e742405eb56ca4",
    "test_X.bin": "7f263ba9f9e0b06b93213547f721ac82",
    "test_y.bin": "36f9794fa4beb8a2c72628de14fa638e",
}
"""The sums that torchvision checks."""


class MappedImages:
    """Images in files of column-major 96x96 planes, one file after the other, read only where they are asked for."""

    def __init__(self, *paths: Path) -> None:
        """Maps the files.

        Raises:
            DataError: a file does not hold whole images.
        """
        self._parts = [_map_images(path) for path in paths]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, index: Tensor, /) -> Tensor:
        """Images (n, 3, 96, 96) at ascending indices (n,)."""
        images, start = [], 0
        for part in self._parts:
            inside = (index >= start) & (index < start + len(part))
            columns = torch.from_numpy(part[(index[inside] - start).numpy()])
            images.append(columns.transpose(2, 3))
            start += len(part)
        return torch.cat(images)


def open_stl10(path: Path | None, model: ModelConfig) -> Source:
    """Opens STL-10 in its own size; the unlabelled images follow the labelled ones (paper, section 4).

    Args:
        path: folder with the files, or with the archive's ``stl10_binary``; None: ``$AUTOGAN_DATA/stl10``.
        model: not used.

    Returns:
        105,000 training and 8,000 test images, uint8 (N, 3, 96, 96), mapped from the files.

    Raises:
        DataError: a file is missing or damaged.
    """
    folder = find_folder("stl10", path, "train_X.bin", REMEDY, subfolder="stl10_binary")
    for name, expected in MD5.items():
        require_digest(folder / name, md5_of(require_file(folder / name, REMEDY)), expected)
    train = MappedImages(folder / "train_X.bin", folder / "unlabeled_X.bin")
    test = MappedImages(folder / "test_X.bin")
    labels = torch.full((len(train),), -1)
    known = _read_labels(folder / "train_y.bin")
    labels[: len(known)] = known
    return Source(Split(train, labels), Split(test, _read_labels(folder / "test_y.bin")), len(CLASSES), CLASSES)


def _map_images(path: Path) -> np.memmap[tuple[int, ...], np.dtype[np.uint8]]:
    count, rest = divmod(path.stat().st_size, IMAGE_BYTES)
    if rest or not count:
        raise DataError(f"{path} has {path.stat().st_size} bytes, no multiple of {IMAGE_BYTES}; download it again")
    return np.memmap(path, np.uint8, mode="r", shape=(count, 3, SIZE, SIZE))


def _read_labels(path: Path) -> Tensor:
    return torch.from_numpy(np.fromfile(path, np.uint8)).long() - 1  # written as 1..10
