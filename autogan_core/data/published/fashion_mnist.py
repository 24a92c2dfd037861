"""Fashion-MNIST: 60,000 + 10,000 grey images of 28x28 pixels in 10 classes, as IDX files."""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from autogan_core.config import ModelConfig
from autogan_core.data.base.files import find_folder, require_digest, require_file
from autogan_core.data.base.pixels import resize
from autogan_core.data.base.source import Source, Split
from autogan_core.errors import DataError

REMEDY = "Fashion-MNIST's four IDX files (github.com/zalandoresearch/fashion-mnist; Debian: dataset-fashion-mnist)"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""The folder of Debian's package."""

SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""SHA-256 of the unpacked files.

The publisher gives the MD5 of the .gz files, which says nothing about files that were unpacked or, as by Debian,
compressed again. These sums are of Debian's files, unpacked; other projects list the same sums for the publisher's.
"""

CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot")
"""Their names: the publisher's, without blanks and capitals."""
PADDING = 2
"""Zeros on each side, which make 32x32 of 28x28."""


def open_fashion_mnist(path: Path | None, model: ModelConfig) -> Source:
    """Opens Fashion-MNIST, padded to 32x32 and scaled to the model's size.

    Args:
        path: folder with the files, gzipped or not; None: ``$AUTOGAN_DATA/fashion-mnist``, then Debian's package.
        model: gives the size.

    Returns:
        60,000 training and 10,000 test images, uint8 (N, 1, S, S), with labels in [0, 9].

    Raises:
        DataError: a file is missing or damaged.
    """
    folder = find_folder("fashion-mnist", path, "train-images-idx3-ubyte*", REMEDY, places=(DEBIAN,))
    train, test = (_read_split(folder, prefix, model.image_size) for prefix in ("train", "t10k"))
    return Source(train, test, len(CLASSES), CLASSES)


def _read_split(folder: Path, prefix: str, size: int) -> Split:
    images = _read_idx(folder, f"{prefix}-images-idx3-ubyte", ndim=3)
    labels = _read_idx(folder, f"{prefix}-labels-idx1-ubyte", ndim=1)
    padded = F.pad(images.unsqueeze(1), (PADDING,) * 4)
    return Split(resize(padded, size), labels.long())


def _read_idx(folder: Path, name: str, ndim: int) -> Tensor:
    """Bytes behind a header: zero, zero, 8 (unsigned byte), number of axes, and each axis's length in 4 bytes."""
    path, content = _read_bytes(folder, name)
    magic, header = bytes((0, 0, 8, ndim)), 4 + 4 * ndim
    if content[:4] != magic:
        raise DataError(
            f"{path} starts with {content[:4].hex()} instead of {magic.hex()}, so it is no {name}; get {REMEDY}"
        )
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, header, 4))
    if len(content) - header != math.prod(shape):
        raise DataError(f"{path} is truncated: {len(content)} bytes do not hold the shape {shape}; download it again")
    require_digest(path, hashlib.sha256(content).hexdigest(), SHA256[name])
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=header).view(shape)


def _read_bytes(folder: Path, name: str) -> tuple[Path, bytes]:
    plain = folder / name
    if plain.is_file():
        return plain, plain.read_bytes()
    packed = require_file(folder / f"{name}.gz", REMEDY)
    try:
        return packed, gzip.decompress(packed.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{packed} is damaged ({error}); download it again") from error
