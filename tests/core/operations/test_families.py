"""Joining a family of operations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from autogan_core.errors import ConfigError
from autogan_core.operations import FAMILIES, UP_SAMPLINGS, UpSampling, register


def made(**attributes: Any) -> type[UpSampling]:
    def call(self: UpSampling, x: Tensor, scale: int, learned: object) -> Tensor:
        return x

    named = {"title": "t", "phrase": "p", "__call__": call, **attributes}
    return type("Made", (UpSampling,), named)


@pytest.mark.parametrize(
    ("word", "symbol", "message"),
    [
        ("nearest", "z", "there are two operations 'nearest' among those of 'up'; rename yours"),
        ("mine", "1", "'nearest' and 'mine' of 'up' have the symbol '1' both; take another"),
        ("mine", "x", "'mine' has the symbol 'x'; take a digit or a small letter other than x"),
        ("mine", "10", "'mine' has the symbol '10'; take a digit"),
        ("mine", "", "'mine' has the symbol ''; take a digit"),
        ("My up", "z", "'My up' must be named by small letters, digits and '-'"),
        ("mine,yours", "z", "must be named by small letters"),
    ],
)
def test_a_bad_name_is_refused(word: str, symbol: str, message: str) -> None:
    """What texts and Katib could not carry, or would confuse, does not join, and the family stays as it is."""
    before = list(UP_SAMPLINGS)
    with pytest.raises(ConfigError, match=message):
        register(made(word=word, symbol=symbol))
    assert list(UP_SAMPLINGS) == before


def test_the_papers_options_are_the_papers() -> None:
    """The default space is the paper's whatever else there is."""
    assert {family.name: family.paper for family in FAMILIES} == {
        "norm": ("none", "bn", "in"),
        "up": ("bilinear", "nearest", "deconv"),
        "kernel": ("3x3",),
        "end": ("none",),
    }


def test_words_of_cells_are_told_apart() -> None:
    """A cell in words leaves out what is the paper's, so convolutions and ends have no word in common."""
    norm, up, kernel, end = (set(family) for family in FAMILIES)
    assert not kernel & end
    assert not (kernel | end) & {"shortcut"}
    assert all(not word.startswith("skip") for word in kernel | end)
    assert norm and up


def test_operations_are_known_without_torch(tmp_path: Path) -> None:
    """The search's service has no torch: words, symbols and spaces do without."""
    import subprocess
    import sys

    (tmp_path / "torch.py").write_text("raise ImportError('there is no torch here')")
    code = "from autogan_core.search_space import Architecture; print(Architecture.parse('1411x41').readable)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "pre gn nearest modulated attention shortcut"
