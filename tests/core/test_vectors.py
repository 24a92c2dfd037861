"""Architectures as the released code writes them."""

from __future__ import annotations

import pytest

from autogan_core.errors import ConfigError
from autogan_core.search_space import NAMED, Architecture
from autogan_core.vectors import joined

RELEASED = "1 0 1 1 1 0 0 1 1 1 0 1 0 3"


@pytest.mark.parametrize(
    "text",
    [
        RELEASED,
        RELEASED.replace(" ", ", "),
        RELEASED.replace(" ", ","),
        f"[{RELEASED.replace(' ', ', ')}]",
        f"({RELEASED})",
        RELEASED.replace(" ", ""),
        "1011 10011 10103",
        "[1011, 10011, 10103]",
    ],
)
def test_the_released_vector_is_the_papers_best(text: str) -> None:
    """However it is copied; ``exps/derive.sh`` names it by ``--arch``."""
    assert Architecture.parse(text) == NAMED["paper-top1"]


@pytest.mark.parametrize(
    ("text", "compact"), [("1 0 1 1", "1011"), (f"{RELEASED} 1 1 1 1 7", "1011-10011-10103-11117")]
)
def test_other_depths(text: str, compact: str) -> None:
    """One cell has four numbers, and a fourth one five more, whose skips go up to 7."""
    assert str(Architecture.parse(text)) == compact


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RELEASED[:-2], r"are 13 numbers, but an architecture has 4 for its first cell and 5 for each other one"),
        (RELEASED.replace(" ", "") + "1", "are 15 numbers"),
        ("1 0 1 1 1 0 0 1 3 1 0 1 0 3", r"cell 2 \('10013'\), position 5 \(skips\): '3' is not a number from 0 to 1"),
    ],
)
def test_a_wrong_vector_is_refused(text: str, message: str) -> None:
    """The message says how many numbers there must be, or which one cannot be."""
    with pytest.raises(ConfigError, match=message):
        Architecture.parse(text)


def test_words_that_are_numbers_are_one_vector() -> None:
    """A shell splits it; names and compact texts stay one architecture each."""
    assert joined(RELEASED.split()) == [RELEASED]
    assert joined(["sn-gan", "1011"]) == ["sn-gan", "1011"]
    assert joined(["1011", "1111"]) == ["1011", "1111"]
