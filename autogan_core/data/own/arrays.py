"""Arrays of numbers as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from autogan_core.config.data import Colour
from autogan_core.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]
Scale = Literal["bytes", "16 bits", "from 0 to 1", "from -1 to 1"]
"""What the numbers of an array mean."""
RULES = (
    "they must be (N, S, S), (N, S, S, C) or (N, C, S, S), square, with C = 1, 3 or 4, of whole numbers up to 255, of "
    "uint16, or of fractions in [0, 1] or [-1, 1]"
)


def described(dtype: Any, shape: Sequence[int]) -> str:
    """Type and shape of an array, for messages."""
    return f"{dtype} {tuple(shape)}"


def scale_of(title: str, arrays: Sequence[Array]) -> Scale:
    """Finds out what the numbers of arrays that belong together mean, from their type and their range.

    Returns:
        bytes for whole numbers up to 255, in any type; 16 bits for greater ones in uint16; else the range of fractions.

    Raises:
        DataError: they can mean none of that.
    """
    kinds = {array.dtype.kind for array in arrays}
    if kinds <= {"b"}:
        return "from 0 to 1"
    if all(array.dtype == np.uint8 for array in arrays):
        return "bytes"
    if kinds <= set("buif"):
        low, high = min(array.min().item() for array in arrays), max(array.max().item() for array in arrays)
        whole = "f" not in kinds or all(np.array_equal(array, np.rint(array)) for array in arrays)
        if "f" in kinds and low >= -1 and high <= 1:
            return "from 0 to 1" if low >= 0 else "from -1 to 1"
        if whole and low >= 0 and high <= 255:
            return "bytes"
        if all(array.dtype == np.uint16 for array in arrays):
            return "16 bits"
        found = f"{described(arrays[0].dtype, arrays[0].shape)} from {low:g} to {high:g}"
    else:
        found = described(arrays[0].dtype, arrays[0].shape)
    raise DataError(f"{title} are {found}; {RULES}")


class ArrayImages:
    """An array as `Pixels`, converted to bytes where it is indexed."""

    def __init__(self, title: str, array: Array, scale: Scale, background: Colour | None) -> None:
        """Takes an array.

        Args:
            title: what it is called in messages.
            array: numbers (N, S, S), (N, S, S, C) or (N, C, S, S) with C = 1, 3 or 4.
            scale: what the numbers mean.
            background: what shows through transparent pixels, where C is 4; None drops transparency.

        Raises:
            DataError: it has another shape.
        """
        shape = array.shape
        if array.ndim == 3:
            array = array[:, None]
        elif array.ndim == 4 and shape[3] in (1, 3, 4) and shape[1] == shape[2]:
            array = array.transpose(0, 3, 1, 2)
        if array.ndim != 4 or array.shape[1] not in (1, 3, 4) or array.shape[2] != array.shape[3] or 0 in array.shape:
            raise DataError(f"{title} are {described(array.dtype, shape)}; {RULES}")
        self._array, self._scale, self._background = array, scale, background

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: Tensor, /) -> Tensor:
        """The images at the indices (n,): uint8 (n, C, S, S), C = 1 or 3."""
        pixels = _to_bytes(self._array[index.numpy()], self._scale)
        if pixels.shape[1] == 4:
            pixels = _on_background(pixels, self._background)
        return torch.from_numpy(np.ascontiguousarray(pixels))


def _to_bytes(values: Array, scale: Scale) -> Array:
    if scale == "16 bits":
        values = (values.astype(np.int64) + 128) // 257
    elif scale == "from 0 to 1":
        values = np.rint(values.astype(np.float64) * 255)
    elif scale == "from -1 to 1":
        values = np.rint((values.astype(np.float64) + 1) * 127.5)
    return values.astype(np.uint8, copy=False)


def _on_background(pixels: Array, background: Colour | None) -> Array:
    colours = pixels[:, :3].astype(np.int64)
    if background is None:
        return pixels[:, :3]
    alpha, ground = pixels[:, 3:].astype(np.int64), np.array(background).reshape(1, 3, 1, 1)
    return ((colours * alpha + ground * (255 - alpha) + 127) // 255).astype(np.uint8)
