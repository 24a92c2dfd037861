"""Ageing evolution."""

from __future__ import annotations

import numpy as np

from autogan_core.config import EvolutionConfig
from autogan_core.search.evolution import Evolution


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def evolution(population: int = 5, tournament: int = 5) -> Evolution:
    return Evolution((1, 2, 3, 4), EvolutionConfig(population=population, tournament=tournament))


def tell(policy: Evolution, *members: tuple[tuple[int, int, int], float]) -> None:
    choices = np.array([choices for choices, _ in members])
    policy.learn(np.zeros(len(members), dtype=np.int64), choices, [reward for _, reward in members])


def test_a_child_differs_from_its_parent_in_one_gene() -> None:
    """With all members in the tournament the parent is the best; a gene without a choice is left alone."""
    policy = evolution()
    tell(policy, ((0, 0, 0), 1.0), ((1, 2, 3), 2.0), ((1, 1, 1), 1.5))
    beams, choices = policy.sample(200, rng())
    assert not beams.any()
    differing = (choices != np.array([1, 2, 3])).sum(axis=1)
    assert set(differing.tolist()) == {1}
    assert {tuple(row) for row in choices.tolist()} == {
        (0, 2, 3),
        *((1, i, 3) for i in (0, 1)),
        *((1, 2, i) for i in range(3)),
    }


def test_the_oldest_die() -> None:
    """Behind five newer members the best of all is no parent any more."""
    policy = evolution(population=5)
    tell(policy, ((1, 2, 3), 9.0), *[((0, 0, 0), 1.0)] * 5)
    _, choices = policy.sample(50, rng())
    assert ((choices != 0).sum(axis=1) == 1).all()


def test_a_small_tournament_leaves_others_a_chance() -> None:
    """Of two members a tournament of one takes each about as often as the other."""
    policy = evolution(tournament=1)
    tell(policy, ((0, 0, 0), 1.0), ((1, 2, 3), 2.0))
    _, choices = policy.sample(400, rng())
    low = ((choices != 0).sum(axis=1) <= 1).mean()
    assert 0.4 < low < 0.6


def test_a_derivation_begins_with_the_best() -> None:
    """Members in the order of their latest rewards, each once, then their children."""
    policy = evolution(population=9)
    tell(policy, ((0, 0, 0), 3.0), ((1, 2, 3), 2.0), ((1, 1, 1), 1.5), ((0, 0, 0), 1.0))
    _, choices = policy.draw_distinct(6, rng())
    assert choices[:3].tolist() == [[1, 2, 3], [1, 1, 1], [0, 0, 0]]
    assert len({tuple(row) for row in choices.tolist()}) == 6
