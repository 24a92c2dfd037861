"""Preferences of a search, worked by hand."""

from __future__ import annotations

import math

import pytest

from autogan_core.history import Assignment, Record
from autogan_core.report.results.observations import Observation, choice_shares, drawn_cells, observe
from autogan_core.search_space import Architecture, Cell, SearchSpace

SPACE = SearchSpace.full(2)


def record(slot: int, stage: int, *training: str) -> Record:
    """A search iteration with nothing but its draws."""
    drawn = tuple(map(Architecture.parse, training))
    return Record(Assignment(slot, stage, "search", drawn, drawn))


def by_place(observations: tuple[Observation, ...]) -> dict[tuple[str, str], tuple[int, int]]:
    """Counts of each observation by the first word of its claim and its source."""
    return {(o.claim.split()[0], o.source): (o.count, o.total) for o in observations}


def test_shares_of_drawn_cells() -> None:
    """Shares of four cells, counted by hand, look at the newest cell only."""
    draws = record(3, 1, "0020-10011", "0020-01000", "0020-12201", "0020-10010")
    shares = choice_shares(drawn_cells(draws))
    assert shares == {
        **{"pre": 0.75, "norm none": 0.5, "norm bn": 0.25, "norm in": 0.25},
        **{"up bilinear": 0.75, "up nearest": 0.0, "up deconv": 0.25, "kernel 3x3": 1.0, "end none": 1.0},
        **{"shortcut": 0.5, "skip 1": 0.5},
    }


def test_observations_count_the_last_draws_and_each_shared_lower_cell_once() -> None:
    """Two beams with one first cell give three cells; of each stage only the last slot's draws count."""
    records = [
        record(0, 0, "0020", "0020"),
        record(1, 0, "1010", "1120", "0000"),
        record(3, 1, "1011-10111", "1011-00000"),
    ]
    beams = [Architecture.parse("1011-10111"), Architecture.parse("1011-01200")]
    counts = by_place(observe(records, beams, SPACE))
    assert counts == {
        ("pre-activation", "beams"): (2, 3),
        ("pre-activation", "policy"): (3, 5),
        ("nearest", "beams"): (2, 3),
        ("nearest", "policy"): (4, 5),
        ("no", "beams"): (2, 3),
        ("no", "policy"): (4, 5),
        ("skips", "beams"): (1, 2),
        ("skips", "policy"): (1, 2),
    }


@pytest.mark.parametrize(
    ("pre", "p_value", "verdict"),
    [(10, 2 / 1024, "as in the paper"), (0, 2 / 1024, "the opposite"), (8, 112 / 1024, "too few to tell")],
)
def test_verdict_follows_the_two_sided_binomial_test(pre: int, p_value: float, verdict: str) -> None:
    """Of ten draws 10 and 0 reject one half, 8 do not: p = 2 * (45 + 10 + 1) / 1024 = 0.109."""
    found = observe([record(0, 0, *["1000"] * pre, *["0000"] * (10 - pre))], [], SPACE)[1]
    assert (found.source, found.count, found.total, found.uniform) == ("policy", pre, 10, 0.5)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)
    assert found.verdict == verdict


def test_choices_that_the_space_does_not_leave_are_not_counted() -> None:
    """A space with one option everywhere proves nothing, and no draws at all neither."""
    best = Architecture.parse("1011-10011")
    for observations in (
        observe([record(0, 0, "1011")], [best], SearchSpace.only(best)),
        observe([], [], SPACE),
    ):
        assert len(observations) == 8
        assert all(o.total == 0 and math.isnan(o.uniform) for o in observations)
        assert {o.verdict for o in observations} == {"nothing to count"}


def test_uniform_rates_come_from_the_space() -> None:
    """The full space expects one half, two thirds, one third and one half."""
    cells = tuple(Architecture((Cell("pre", "none", "nearest", True), second)) for second in SPACE.cells[1])
    rates = [o.uniform for o in observe([], cells, SPACE) if o.source == "beams"]
    assert rates == pytest.approx([1 / 2, 2 / 3, 1 / 3, 1 / 2])
