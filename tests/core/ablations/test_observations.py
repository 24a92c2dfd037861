"""Counting choices, by hand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from autogan_core.ablations import observations
from autogan_core.ablations.observations import Counted, count_choices
from autogan_core.ablations.pages.statistics import Estimate, share
from autogan_core.config import SpaceConfig
from autogan_core.search_space import Architecture, SearchSpace
from tests.core.ablations.tiny_suite import TWO_CELLS, tiny_suite
from tests.core.tiny import tiny_config

FIRST = Architecture.parse("pre none nearest shortcut | pre bn bilinear skip:1 | post in deconv skip:1,2")
SECOND = Architecture.parse("pre none nearest | post none nearest shortcut | pre bn nearest shortcut skip:2")

BY_HAND = {
    "convolution: pre-activation": (4, 6, 1 / 2),
    "up-sampling: bilinear": (1, 6, 1 / 3),
    "up-sampling: nearest": (4, 6, 1 / 3),
    "up-sampling: deconv": (1, 6, 1 / 3),
    "normalisation: none": (3, 6, 1 / 3),
    "normalisation: batch": (2, 6, 1 / 3),
    "normalisation: instance": (1, 6, 1 / 3),
    "in-cell shortcut": (3, 6, 1 / 2),
    "skip connections": (4, 6, 1 / 2),
}
"""Choice -> times it was made in the two architectures, places, uniform share."""


def test_counts_are_those_by_hand() -> None:
    """Six cells and six pairs of cells in two architectures of three cells; shares against uniform rates."""
    counted = {row.choice: row for row in count_choices([FIRST, SECOND], SearchSpace.full())}
    assert counted.keys() == BY_HAND.keys()
    for choice, (made, places, uniform) in BY_HAND.items():
        assert counted[choice].estimate == share(made, places), choice
        assert counted[choice].uniform == pytest.approx(uniform, rel=1e-12), choice


def test_choices_that_a_narrowed_space_does_not_leave_are_missing() -> None:
    """Where there is one option nothing was chosen; where two of three are left, the uniform share is a half."""
    space = SpaceConfig(conv=("pre",), norm=("bn", "none"), up=("nearest",), skip=("with",)).cells(3)
    architectures = [space.sample(random.Random(seed)) for seed in range(3)]
    counted = {row.choice: row.uniform for row in count_choices(architectures, space)}
    assert counted == {"normalisation: none": 0.5, "normalisation: batch": 0.5, "in-cell shortcut": 0.5}


def test_a_space_of_one_leaves_nothing_to_count() -> None:
    """No choice, no row."""
    assert count_choices([FIRST], SearchSpace.only(FIRST)) == []


def test_uniform_draws_have_the_uniform_rates() -> None:
    """4,000 uniform architectures make every choice as often as its rate says, within 4 sigma."""
    rng, space = random.Random(0), SearchSpace.full()
    for row in count_choices([space.sample(rng) for _ in range(4000)], space):
        sigma = (row.uniform * (1 - row.uniform) / row.estimate.count) ** 0.5
        assert row.estimate.value == pytest.approx(row.uniform, abs=4 * sigma), row.choice


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.4, 0.9, "more often"), (0.05, 0.3, "less often"), (0.3, 0.9, "not told from uniform")],
)
def test_verdict_follows_from_the_interval(low: float, high: float, verdict: str) -> None:
    """A claim only where the uniform third lies outside the interval, and in its direction."""
    assert Counted("x", Estimate((low + high) / 2, low, high, 9), 1 / 3).verdict == verdict


def test_finding_tells_the_best_of_each_search(tmp_path: Path) -> None:
    """The finding counts each seed's best architecture, and its paragraph claims what the verdicts carry."""
    suite = tiny_suite(tmp_path, *TWO_CELLS, seeds=(0, 1))
    computations = observations.computations(suite)
    assert [computation.name for computation in computations] == ["searches/mlas/seed-0", "searches/mlas/seed-1"]
    for computation in computations:
        computation.run()
    found = observations.finding(suite)
    best = [Architecture.parse(text) for text in found.data["best"].values()]
    assert list(found.data["best"]) == ["0", "1"]
    counted = count_choices(best, tiny_config(*TWO_CELLS).search_space())
    assert found.data["choices"] == {row.choice: {**row.estimate.to_json(), "uniform": row.uniform} for row in counted}
    for row in counted:
        told = row.choice + f" {row.verdict} than uniform" in found.here
        assert told is row.estimate.excludes(row.uniform)
    assert found.tables[0].rows[0][1] == f"{sum(c.conv == 'pre' for a in best for c in a.cells)} of 4"
