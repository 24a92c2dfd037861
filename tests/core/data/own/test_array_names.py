"""Which arrays of a file are images and labels."""

from __future__ import annotations

import pytest

from autogan_core.data.own.array_names import ArrayNames, find_arrays
from autogan_core.errors import DataError


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["images", "labels"], ArrayNames("images", "labels", None, None, ())),
        (["X_train", "Y_train", "X_test", "Y_test"], ArrayNames("X_train", "Y_train", "X_test", "Y_test", ())),
        (["arr_0"], ArrayNames("arr_0", None, None, None, ())),
        (["images", "val_images"], ArrayNames("images", None, None, None, ("val_images",))),
    ],
)
def test_names(names: list[str], expected: ArrayNames) -> None:
    """The usual ones in any case of letters, or a single array; the others are listed."""
    assert find_arrays("set.npz", dict.fromkeys(names, "uint8")) == expected


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b"], r"no array 'images', only \(a: uint8, b: uint8\); rename"),
        (["x", "images"], "x, images, which may all"),
    ],
)
def test_unclear_names_are_refused(names: list[str], message: str) -> None:
    """With everything that the file holds."""
    with pytest.raises(DataError, match=message):
        find_arrays("set.npz", dict.fromkeys(names, "uint8"))
