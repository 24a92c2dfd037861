"""What every policy of the search promises."""

from __future__ import annotations

import random
from typing import Any, get_args

import numpy as np
import pytest

from autogan_core.config import ControllerConfig, EvolutionConfig, SearchConfig
from autogan_core.history import Record
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search.proposing import Proposer, proposer
from autogan_core.search_space import NAMED, Architecture, SearchSpace

POLICIES = get_args(SearchConfig.model_fields["policy"].annotation)
LEARNERS = [policy for policy in POLICIES if policy != "random"]
COUNTS, BEAMS = (2, 3, 3, 2), 3
SPACE = SearchSpace.full()
TARGET = Architecture.parse("1211").cells[0]


def config(policy: str, **changes: Any) -> SearchConfig:
    return SearchConfig(
        policy=policy,
        controller=ControllerConfig(hidden_dim=16, learning_rate=5e-3),
        evolution=EvolutionConfig(population=40, tournament=8),
        **changes,
    )


def fresh(policy: str, seed: int = 0) -> Proposer:
    return proposer(COUNTS, BEAMS, config(policy), seed, 1, states())


def states() -> Any:
    """What a first stage leaves for three beams."""
    first = proposer(COUNTS, 1, config("reinforce"), 0, 0, None)
    return first.states(np.zeros(3, dtype=np.int64), np.array([[0, 0, 0, 0], [1, 2, 1, 1], [1, 0, 2, 0]]))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def closeness(choices: np.ndarray[Any, Any]) -> list[float]:
    return list(map(float, (choices == np.array([1, 2, 1, 1])).sum(axis=1)))


def taught(policy: str, slots: int = 40) -> Proposer:
    """A proposer that is paid for closeness to one cell."""
    learner = fresh(policy)
    for slot in range(slots):
        beams, choices = learner.sample(10, rng(slot))
        learner.learn(beams, choices, closeness(choices))
    return learner


@pytest.mark.parametrize("policy", POLICIES)
def test_draws_lie_in_the_space(policy: str) -> None:
    """Beams and choices are below their numbers, and at first each is drawn about as often as the others."""
    beams, choices = fresh(policy).sample(2000, rng())
    assert beams.shape == (2000,) and choices.shape == (2000, 4)
    for column, count in zip((beams, *choices.T), (BEAMS, *COUNTS), strict=True):
        shares = np.bincount(column, minlength=count) / 2000
        assert len(shares) == count and shares.tolist() == pytest.approx([1 / count] * count, abs=0.08)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_was_told_decides_all(policy: str) -> None:
    """Two proposers that were told the same draw the same, bit by bit; the draws that are asked for change nothing."""
    one, other = taught(policy), taught(policy)
    one.sample(7, rng(99)), one.entropy(5, rng(98)), one.draw_distinct(4, rng(97))
    for mine, theirs in zip(one.sample(50, rng(1)), other.sample(50, rng(1)), strict=True):
        assert np.array_equal(mine, theirs)
    for mine, theirs in zip(one.draw_distinct(9, rng(2)), other.draw_distinct(9, rng(2)), strict=True):
        assert np.array_equal(mine, theirs)
    assert one.entropy(64, rng(3)) == other.entropy(64, rng(3))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("learned", [False, True], ids=["fresh", "taught"])
def test_distinct_draws_differ(policy: str, learned: bool) -> None:
    """As many as asked for, each another; all that there are, where these are fewer."""
    source = taught(policy, 10) if learned else fresh(policy)
    beams, choices = source.draw_distinct(30, rng())
    assert len({(beam, *row) for beam, row in zip(beams.tolist(), choices.tolist(), strict=True)}) == 30
    assert len(source.draw_distinct(1000, rng())[0]) == BEAMS * int(np.prod(COUNTS))


@pytest.mark.parametrize("policy", LEARNERS)
def test_what_is_rewarded_is_drawn_more_often(policy: str) -> None:
    """Paid for closeness to one cell, a policy draws it far more often than one time in 36; a mutation always changes
    one of the choices."""
    _, choices = taught(policy).sample(500, rng(5))
    assert np.mean([score == 4 for score in closeness(choices)]) > (0.12 if policy == "evolution" else 0.25)
    assert taught(policy).entropy(500, rng(6)) < 0.9 * float(np.log(COUNTS).sum())


def test_random_draws_learn_nothing() -> None:
    """Rewards leave the uniform policy uniform."""
    before, after = fresh("random"), taught("random")
    assert all(map(np.array_equal, before.sample(99, rng()), after.sample(99, rng())))


@pytest.mark.parametrize("policy", LEARNERS)
def test_a_search_is_replayed_from_its_history(policy: str) -> None:
    """Asked anew with the shuffled history, a search gives the assignments that it gave on the way, up to its beams."""
    settings = config(policy, iterations=9, controller_steps=4, num_candidates=5, top_k=2, training_draws=6)
    search, history = MultiLevelSearch(SPACE, settings, 3), list[Record]()
    while not search.finished(history):
        [assignment] = search.ask(history, len(history))
        history.append(Record(assignment, tuple(random.Random(str(a)).random() for a in assignment.candidates)))
    shuffled = random.Random(0).sample(history, len(history))
    again = MultiLevelSearch(SPACE, settings, 3)
    for record in shuffled:
        assert again.ask(shuffled, record.assignment.slot) == [record.assignment]
    assert again.beams(shuffled) == search.beams(history)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_space_of_one_architecture(policy: str) -> None:
    """Where there is no choice, each policy proposes what there is."""
    settings = config(policy, iterations=3, controller_steps=2, num_candidates=5, top_k=2, training_draws=2)
    search, history = MultiLevelSearch(SearchSpace.only(NAMED["paper-top1"]), settings, 0), list[Record]()
    while not search.finished(history):
        [assignment] = search.ask(history, len(history))
        history.append(Record(assignment, (1.0,) * len(assignment.candidates)))
    assert [beam.architecture for beam in search.beams(history)] == [NAMED["paper-top1"]]


@pytest.mark.parametrize("policy", POLICIES)
def test_beams_may_be_given(policy: str) -> None:
    """Cells are drawn for the beams that are asked for."""
    wanted = np.array([2, 0, 1, 1, 2, 0, 2])
    beams, choices = taught(policy).sample(7, rng(5), wanted)
    assert np.array_equal(beams, wanted) and choices.shape == (7, 4)
