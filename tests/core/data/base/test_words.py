"""Names and lists in messages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autogan_core.data.base.words import counted, listed, reason, shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a[b] ü.png", "a[b] ü.png"), (os.fsdecode(b"a\xff.png"), r"a\xff.png"), ("a\nb\x1b", r"a\nb\x1b")],
)
def test_names_can_be_printed(name: str, expected: str) -> None:
    """What is no UTF-8, or would move the cursor, is escaped; brackets stay."""
    assert shown(name) == expected == shown(Path(name))


def test_long_lists_are_cut() -> None:
    """Ten names and the number of the others."""
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(k) for k in range(1012)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1,002 more"


def test_numbers_and_nouns() -> None:
    """One is no plural."""
    assert (counted([1], "image"), counted([], "image"), counted(range(1200), "image")) == (
        "1 image",
        "0 images",
        "1,200 images",
    )


def test_reasons_are_one_short_line() -> None:
    """Line breaks go, long texts are cut, the system's words stand for its errors, and a type for no words."""
    assert reason(ValueError("a\n b")) == "a b"
    assert reason(ValueError("x" * 1000)) == "x" * 120 + "..."
    assert reason(FileNotFoundError(2, "No such file", "f")) == "No such file"
    assert reason(KeyError()) == "KeyError"
