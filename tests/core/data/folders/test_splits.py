"""What folders and files are for, by their names."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from autogan_core.data.folders.splits import find_splits, role_of, role_of_file


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("VALID", "val"),
        ("testing", "test"),
        ("trains", None),
        ("test-1", None),
    ],
)
def test_folders(name: str, role: str | None) -> None:
    """Only the names themselves, in any case of letters."""
    assert role_of(name) == role


@pytest.mark.parametrize(
    ("name", "role"),
    [("train-00000-of-00002.parquet", "train"), ("Test.parquet", "test"), ("validation_1.parquet", "val")]
    + [("0000.parquet", None), ("trains.parquet", None)],
)
def test_files(name: str, role: str | None) -> None:
    """The first word of the name."""
    assert role_of_file(name) == role


def test_folders_of_other_names_are_no_splits() -> None:
    """Whether images lie beside them or not; for splits see the layout's tests."""
    assert find_splits("set", ["a", "b"], []) == find_splits("set", [], [PurePosixPath("1.png")]) == {}
    assert find_splits("set", ["Train", "val"], []) == {"train": "Train", "val": "val"}
