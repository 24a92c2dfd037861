"""What numbers in arrays may mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from autogan_core.data.own.arrays import ArrayImages, scale_of
from autogan_core.errors import DataError

BYTES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
BYTES[0, 0, 0], BYTES[0, 0, 1] = 0, 255


@pytest.mark.parametrize(
    "array",
    [BYTES, BYTES.astype(np.int64), BYTES.astype(np.float32), BYTES.astype(">u2"), BYTES / 255, BYTES / 127.5 - 1]
    + [(BYTES / 255).astype(np.float32), (BYTES / 127.5 - 1).astype(np.float32), BYTES.astype(np.uint16) * 257],
    ids=["bytes", "int64", "whole", "big endian", "0..1", "-1..1", "0..1 float32", "-1..1 float32", "16 bits"],
)
def test_the_same_images_in_other_numbers(array: np.ndarray[Any, Any]) -> None:
    """All of them are the bytes that they were made from."""
    images = ArrayImages("they", array, scale_of("they", [array]), None)
    assert torch.equal(images[torch.tensor([1, 3])], torch.from_numpy(BYTES[[1, 3]]).permute(0, 3, 1, 2))


def test_booleans_are_black_and_white() -> None:
    """And test images mean what the images to train on mean."""
    array = BYTES[..., 0] > 127
    assert set(ArrayImages("they", array, scale_of("they", [array]), None)[torch.arange(4)].flatten().tolist()) == {
        0,
        255,
    }
    assert scale_of("they", [BYTES / 127.5 - 1, np.ones((1, 8, 8, 3))]) == "from -1 to 1"


@pytest.mark.parametrize(("background", "expected"), [((255, 255, 255), 127), (None, 0), ((0, 0, 0), 0)])
def test_transparency(background: Any, expected: int) -> None:
    """A fourth channel is laid on the background, or dropped."""
    array = np.zeros((1, 4, 8, 8), np.uint8)
    array[:, 3] = 128
    images = ArrayImages("they", array, "bytes", background)[torch.tensor([0])]
    assert images.shape == (1, 3, 8, 8) and set(images.flatten().tolist()) == {expected}


@pytest.mark.parametrize(
    "array",
    [BYTES / 2, BYTES.astype(np.int64) * 2, BYTES - 256.0, BYTES.astype(complex), np.full((1, 8, 8), np.nan)],
    ids=["fractions", "large", "negative", "complex", "nan"],
)
def test_numbers_that_may_mean_anything_are_refused(array: np.ndarray[Any, Any]) -> None:
    """The message says what was found and what must be there."""
    with pytest.raises(
        DataError, match=r"^they are \w+ \(.*\).*; they must be .* of fractions in \[0, 1\] or \[-1, 1\]"
    ):
        scale_of("they", [array])
