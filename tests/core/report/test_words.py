"""The words that pages share."""

from __future__ import annotations

import pytest

from autogan_core.report.words import duration


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (99.9, "99.9 s"), (100, "2 min"), (5970, "1 h 40 min"), (7500, "2 h 05 min")]
)
def test_durations(seconds: float, text: str) -> None:
    """Two units at most."""
    assert duration(seconds) == text
