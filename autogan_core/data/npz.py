"""A NumPy archive of images."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autogan_core.config import ModelConfig
from autogan_core.data.source import Source, Split
from autogan_core.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]

DAMAGE = (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error, tokenize.TokenError)
"""What NumPy raises for files that are no archive (a TypeError: a bare .npy), or a damaged one."""


def open_npz(path: Path | None, model: ModelConfig) -> Source:
    """Opens an .npz file with ``images``, and ``labels`` if there are any.

    ``images`` is uint8 (N, S, S), (N, S, S, C) or (N, C, S, S) with C = 1 or 3; ``labels`` holds integers (N,) from 0
    on, and -1 where an image has none; if all are -1, there are no labels.

    Args:
        path: the file.
        model: not used.

    Returns:
        Training images, with labels in [-1, num_classes) if there are any; no test images.

    Raises:
        DataError: there is no such file, or an array is missing or not what it must be.
    """
    if path is None:
        raise DataError("the loader 'npz' needs an .npz file; name it with --set data.path=FILE")
    file = path.expanduser()
    arrays = _read_arrays(file)
    pixels = _to_pixels(file, arrays["images"])
    labels = _to_labels(file, arrays["labels"], len(pixels)) if "labels" in arrays else None
    if labels is None or labels.max() < 0:
        return Source(Split(pixels))
    return Source(Split(pixels, labels), num_classes=int(labels.max()) + 1)


def _read_arrays(file: Path) -> dict[str, Array]:
    if not file.is_file():
        raise DataError(f"there is no file {file}; name one with --set data.path=FILE")
    try:
        # Opened here, because np.load leaves a file that is no archive open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            names = archive.files
            arrays = {name: archive[name] for name in ("images", "labels") if name in names}
    except DAMAGE as error:
        raise DataError(f"{file} is not a readable .npz file ({error}); write it with numpy.savez") from error
    if "images" not in arrays:
        raise DataError(f"{file} has no array 'images', only {names}; rename the one that holds the images")
    return arrays


def _to_pixels(file: Path, images: Array) -> Tensor:
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and images.shape[-1] in (1, 3):
        images = images.transpose(0, 3, 1, 2)
    fits = images.ndim == 4 and images.shape[1] in (1, 3) and images.shape[2] == images.shape[3] and len(images) > 0
    if images.dtype != np.uint8 or not fits:
        raise DataError(
            f"the images of {file} are {images.dtype} {images.shape}; they must be uint8 (N, S, S), (N, S, S, C) or "
            "(N, C, S, S), square, with C = 1 or 3"
        )
    return torch.from_numpy(np.ascontiguousarray(images))


def _to_labels(file: Path, labels: Array, count: int) -> Tensor:
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise DataError(
            f"the labels of {file} are {labels.dtype} {labels.shape}; they must be integers ({count},), one per image"
        )
    if labels.min() < -1:
        raise DataError(f"{file} has the label {labels.min()}; number the classes from 0, with -1 for unknown ones")
    return torch.from_numpy(labels.astype(np.int64))
