"""Fitting budgets into time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autogan_core.first_run.budget import largest, round_down
from tests.core.first_run.made_up import advised, expected, findings


@given(limit=st.integers(0, 2000), least=st.integers(1, 100), most=st.integers(100, 1000))
def test_the_largest_that_fits_is_found(limit: int, least: int, most: int) -> None:
    """To a hundredth, and within its ends whatever fits."""
    found = largest(lambda count: count <= limit, least, most)
    assert least <= found <= most and (found <= limit or found == least)
    assert found >= min(limit, most) - max(1, min(limit, most) // 50)


def test_readable_numbers_are_not_larger() -> None:
    """Two digits stay."""
    assert [round_down(count) for count in (7, 99, 101, 5678, 50_000)] == [7, 99, 100, 5600, 50_000]


def test_more_time_buys_more_steps_and_a_more_thorough_search() -> None:
    """Training takes most of the time, the search about a quarter of it."""
    found = findings(side=32)
    short, long = (advised(found, hours=hours) for hours in (0.5, 40))
    for name in ("retrain.generator_iterations", "search.iterations", "search.reward.num_images"):
        assert long.config().flat()[name] > short.config().flat()[name]
    time = expected(short, found)
    assert 0.15 < time.search / time.total < 0.3 and 0.5 < time.retraining / time.total < 0.8
