"""Other ways to search at the cost of the paper's, tiny but real."""

from __future__ import annotations

import json

import pytest

from autogan_core.ablations import search_choices
from autogan_core.ablations.equal_cost.affordable import affordable_search
from autogan_core.ablations.equal_cost.searched_arm import MatchedArm, SearchedArm, at_cost_of
from autogan_core.ablations.suite.computations import in_order
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import BOTH_NETWORKS, EVOLUTION, MLAS, WIDE
from autogan_core.search_space import Architecture
from tests.core.ablations.tiny_suite import tiny_suite
from tests.core.tiny import tiny_config

SETTINGS = (
    "search.iterations=6",
    "search.shared_epochs=1",
    "search.controller_steps=2",
    "search.num_candidates=3",
    "search.training_draws=3",
    "retrain.num_architectures=1",
    "retrain.pool=2",
    "retrain.incumbents=[sn-gan]",
    "retrain.generator_iterations=8",
    "retrain.validate_every=2",
)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """All arms of one seed are done."""
    suite = tiny_suite(tmp_path_factory.mktemp("choices"), *SETTINGS)
    for computation in in_order(search_choices.computations(suite)):
        computation.run()
    return suite


def test_every_way_spends_what_the_papers_does(suite: Suite) -> None:
    """Less than a step and a validation is left of it, or what it found was dearer than expected, by a quarter."""
    finding = search_choices.finding(suite)
    assert finding.figure.startswith("<svg") and "is not told apart" in finding.here
    arms = finding.data["arms"]
    assert list(arms) == [
        "the paper's",
        "wide space",
        "both networks",
        "random draws",
        "off-policy learning",
        "ageing evolution",
    ]
    json.dumps(finding.data)
    ours = arms["the paper's"][0]["total"]["macs"]
    for name, (arm,) in arms.items():
        assert 0.8 * ours < arm["total"]["macs"] < 1.25 * ours, name
        assert arm["searched"]["macs"] > 0 and arm["trained"]


def test_each_searches_in_its_own_way(suite: Suite) -> None:
    """Policies have the paper's budget and space; both networks are pairs."""
    ours = Search(suite, MLAS, 0)
    assert at_cost_of(ours, EVOLUTION).config.search.iterations == ours.config.search.iterations
    pairs = [a for r in at_cost_of(ours, BOTH_NETWORKS).open().history for a, _ in r.scored]
    assert pairs and all(len(a.discriminator) == a.depth for a in pairs)
    wide = [a for r in at_cost_of(ours, WIDE).open().history for a in r.assignment.training]
    assert {cell.kernel for a in wide for cell in a.cells} - {"3x3"}


def test_a_finished_arm_is_not_repeated(suite: Suite) -> None:
    """Run again, it keeps its record; what it needs is its own search and the paper's arm."""
    found = SearchedArm(Search(suite, MLAS, 0))
    arm = MatchedArm(at_cost_of(found.search, WIDE), found)
    before = arm.record()
    assert arm.done() and arm.needs == (arm.search, found)
    arm.run()
    assert arm.record() == before
    assert Architecture.parse(before.trained or "")
    assert before.iterations >= arm.search.config.retrain.generator_iterations


@pytest.mark.parametrize("dearer", ["search.space.kernel=[5x5]", "search.reward.adaptation_steps=9"])
def test_a_dearer_search_has_fewer_iterations(dearer: str) -> None:
    """The same search has its own number back, a dearer one fewer, but never less than one for each stage."""
    plain = tiny_config("search.iterations=12", "search.shared_epochs=6")
    assert affordable_search(plain, 4, plain) == 12
    cut = affordable_search(tiny_config("search.iterations=12", "search.shared_epochs=6", dearer), 4, plain)
    assert 3 <= cut < 12
    assert affordable_search(tiny_config("search.iterations=12", "search.shared_epochs=900"), 4, plain) == 3
