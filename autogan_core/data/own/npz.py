"""A NumPy archive of images, or a single array of them."""

from __future__ import annotations

import logging
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data.base.files import expanded
from autogan_core.data.base.source import Source, Split
from autogan_core.data.base.words import listed, reason, shown
from autogan_core.data.own.array_names import ArrayNames, find_arrays
from autogan_core.data.own.arrays import Array, ArrayImages, described, scale_of
from autogan_core.errors import DataError
from autogan_core.runtime.monitor import Monitor

logger = logging.getLogger(__name__)

DAMAGE = (
    OSError,
    EOFError,
    TypeError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
)
"""What NumPy and zipfile raise for files that are no archive, or a damaged one (a RuntimeError: a password)."""
STARTS = {
    b"\x89HDF": "HDF5, which is not read; write its arrays anew with numpy.savez(FILE, images=..., labels=...)",
    b"PAR1": "parquet; set data.name=folder for it",
}
"""What other files begin with, and what to do with them."""
_Header = tuple[np.dtype[Any], tuple[int, ...]]
_ARRAY = b"\x93NUM"
_BARE = "images"
"""What the array of an .npy file is called."""


def open_npz(data: DataConfig, model: ModelConfig, monitor: Monitor) -> Source:
    """Opens an .npz file with ``images``, and ``labels`` if there are any; or an .npy file with images.

    Other usual names, and test images, are known too: see `find_arrays`. For shapes and numbers see `ArrayImages` and
    `scale_of`. Labels are integers (N,) or (N, 1) from 0 on, and -1 where an image has none; if all are -1, there are
    none. Pickled objects are never loaded.

    Args:
        data: names the file.
        model: not used.
        monitor: not used.

    Returns:
        Training images, with labels in [-1, num_classes) if there are any; test images if the file has them.

    Raises:
        DataError: there is no such file, or an array is missing or not what it must be.
    """
    if data.path is None:
        raise DataError("the loader 'npz' needs an .npz file; name it with --set data.path=FILE")
    file = expanded(data.path)
    title = shown(file)
    names, arrays = _read(file, title)
    if names.unused:
        logger.warning("%s: arrays that are not used: %s", title, listed(names.unused))
    images = [arrays[name] for name in (names.images, names.test_images) if name is not None]
    scale, background = scale_of(f"the images of {title}", images), data.background_colour
    train = ArrayImages(f"the images of {title}", images[0], scale, background)
    labels = None if names.labels is None else _to_labels(title, arrays[names.labels], len(train))
    num_classes = 0 if labels is None else int(labels.max()) + 1
    if names.test_images is None:
        return Source(Split(train, labels), num_classes=num_classes)
    test = ArrayImages(f"the test images of {title}", images[1], scale, background)
    test_labels = None
    if labels is not None and names.test_labels is not None:
        test_labels = _to_labels(title, arrays[names.test_labels], len(test))
    if test_labels is not None and test_labels.max() >= num_classes:
        raise DataError(
            f"{title} has test images of class {int(test_labels.max())}, but images to train on only of classes up to "
            f"{num_classes - 1}; leave these test images out"
        )
    return Source(Split(train, labels), Split(test, test_labels), num_classes)


def _read(file: Path, title: str) -> tuple[ArrayNames, dict[str, Array]]:
    """The names of what is used, and the arrays of these names."""
    with _understood(title):
        if not file.is_file():
            raise DataError(f"there is no file {title}; name one with --set data.path=FILE")
        with file.open("rb") as stream:
            start = stream.read(len(_ARRAY))
            stream.seek(0)
            if start in STARTS:
                raise DataError(f"{title} is {STARTS[start]}")
            if start == _ARRAY:
                return _choose(title, {_BARE: _header(stream)}), {_BARE: np.load(file, allow_pickle=False)}
            with zipfile.ZipFile(stream) as archive:
                names = _choose(title, _headers(title, archive))
            # Opened here, because np.load leaves a file that is no archive open.
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as arrays:
                used = (names.images, names.labels, names.test_images, names.test_labels)
                return names, {name: arrays[name] for name in used if name is not None}


def _headers(title: str, archive: zipfile.ZipFile) -> dict[str, _Header]:
    """Type and shape of every array of an archive, which takes no memory and unpickles nothing."""
    headers = {}
    for name in archive.namelist():
        if name.endswith(".npy"):
            with archive.open(name) as stream:
                headers[name.removesuffix(".npy")] = _header(stream)
    if not headers:
        raise DataError(f"{title} holds no arrays, only {listed(archive.namelist())}; set data.name=folder for images")
    return headers


def _header(stream: IO[bytes]) -> _Header:
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    stream.seek(0)
    return dtype, shape


def _choose(title: str, headers: Mapping[str, _Header]) -> ArrayNames:
    names = find_arrays(title, {name: described(*header) for name, header in headers.items()})
    for name in (names.images, names.labels, names.test_images, names.test_labels):
        if name is not None and headers[name][0].hasobject:
            raise DataError(
                f"'{name}' of {title} is {described(*headers[name])}, a pickle, as arrays of different sizes are, "
                "and pickles are not read; crop the images to one size and write numpy.stack(images)"
            )
    return names


def _to_labels(title: str, labels: Array, count: int) -> Tensor | None:
    flat = labels[:, 0] if labels.shape == (count, 1) else labels
    if flat.shape != (count,) or flat.dtype.kind not in "iu":
        raise DataError(
            f"the labels of {title} are {described(labels.dtype, labels.shape)}; they must be integers ({count},), one "
            "per image"
        )
    if flat.min() < -1:
        raise DataError(f"{title} has the label {flat.min()}; number the classes from 0, with -1 for unknown ones")
    return torch.from_numpy(flat.astype(np.int64)) if flat.max() >= 0 else None


@contextmanager
def _understood(title: str) -> Iterator[None]:
    """Turns what NumPy raises into an error for people."""
    try:
        yield
    except DataError:
        raise
    except DAMAGE as error:
        raise DataError(f"{title} is not a readable .npz file ({reason(error)}); write it with numpy.savez") from error
