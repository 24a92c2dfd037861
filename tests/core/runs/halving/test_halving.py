"""Successive halving's rules: the ladder, the pool, and who goes on."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.config import RetrainConfig
from autogan_core.history import Assignment, Record
from autogan_core.runs.halving.halving import (
    Entrant,
    Rung,
    given_pool,
    largest_pool,
    promoted,
    rungs,
    searched_pool,
    unusable_incumbents,
    usable_incumbents,
)
from autogan_core.search.stage import Beam
from autogan_core.search_space import NAMED, Architecture, SearchSpace
from tests.core.tiny import tiny_config

A, B, C, D = (SearchSpace.full().sample(random.Random(seed)) for seed in range(4))
SNGAN, TOP1 = NAMED["sn-gan"], NAMED["paper-top1"]


def test_a_ladder_of_eleven() -> None:
    """Eleven become six, three and two, with twice the steps on each rung."""
    retrain = RetrainConfig(num_architectures=2, pool=11, generator_iterations=1000)
    assert rungs(retrain, 11) == (Rung(0, 125, 11), Rung(1, 250, 6), Rung(2, 500, 3), Rung(3, 1000, 2))


def test_without_halving_there_is_one_rung() -> None:
    """All that are given are trained to the end."""
    assert rungs(RetrainConfig(num_architectures=2, generator_iterations=7), 5) == (Rung(0, 7, 5),)


@given(st.integers(1, 200), st.integers(1, 12), st.integers(1, 5000))
def test_ladders(pool: int, kept: int, iterations: int) -> None:
    """Each rung keeps the better half, rounded up, but no fewer than wanted; its steps are at most twice those before,
    and no more than a step short of it; the last rung is the whole training."""
    retrain = RetrainConfig(num_architectures=kept, pool=max(pool, kept), generator_iterations=iterations)
    ladder = rungs(retrain, pool)
    assert (ladder[0].entrants, ladder[-1].entrants) == (pool, min(pool, kept))
    assert ladder[-1].iterations == iterations
    for i, (earlier, later) in enumerate(zip(ladder, ladder[1:], strict=False)):
        assert (earlier.index, later.index) == (i, i + 1)
        assert later.entrants == max(math.ceil(earlier.entrants / 2), kept) < earlier.entrants
        assert 1 <= earlier.iterations <= later.iterations
        assert 2 * earlier.iterations - 1 <= later.iterations <= 2 * earlier.iterations


@given(st.integers(1, 64), st.integers(1, 64), st.integers(1, 1000))
def test_a_larger_pool_compares_at_more_places(small: int, more: int, iterations: int) -> None:
    """The ends of a small pool's rungs are among those of a larger one."""
    retrain = RetrainConfig(num_architectures=1, pool=1, generator_iterations=iterations)
    ends, larger = ({rung.iterations for rung in rungs(retrain, size)} for size in (small, small + more))
    assert ends <= larger


def record(slot: int, scores: dict[Architecture, float | None], failure: str | None = None) -> Record:
    return Record(Assignment(slot, 2, "search", tuple(scores)), tuple(scores.values()), failure)


HISTORY = [
    record(2, {A: 9.0, B: 4.0}),
    record(0, {B: 8.0, C: 7.0, D: None}),
    record(1, {A.prefix(2): 99.0}),
    record(3, {D: 50.0}, failure="diverged"),
]
BEAMS = (Beam(TOP1, 6.0), Beam(A, 5.0))


def test_without_halving_the_best_beams_are_trained() -> None:
    """As many as the settings say, in their order."""
    config = tiny_config("retrain.num_architectures=1")
    assert searched_pool(config, BEAMS, HISTORY) == [Entrant(TOP1, "beam", 6.0, str(TOP1))]
    assert largest_pool(config) == 1


def test_a_pool_is_filled_with_the_best_candidates() -> None:
    """Beams first, then incumbents, then candidates of full depth by their latest reward; a beam that is an incumbent
    too is one entrant, under its name; failed slots and unscored candidates do not count."""
    config = tiny_config("retrain.pool=4", "retrain.incumbents=[sn-gan, paper-top1]")
    expected = [
        Entrant(TOP1, "beam", 6.0, "paper-top1"),
        Entrant(A, "beam", 5.0, str(A)),
        Entrant(SNGAN, "incumbent", None, "sn-gan"),
        Entrant(C, "candidate", 7.0, str(C)),
    ]
    assert searched_pool(config, BEAMS, HISTORY) == expected
    assert largest_pool(config) == 4
    every = tiny_config("retrain.pool=9", "retrain.incumbents=[sn-gan, paper-top1]")
    assert searched_pool(every, BEAMS, HISTORY) == [*expected, Entrant(B, "candidate", 4.0, str(B))]
    assert searched_pool(every, BEAMS, reversed(HISTORY)) == searched_pool(every, BEAMS, HISTORY)


@pytest.mark.parametrize(
    ("pool", "expected"), [("null", [TOP1, A, SNGAN]), ("3", [TOP1, A, SNGAN]), ("2", [TOP1, SNGAN])]
)
def test_incumbents_keep_their_places_in_a_small_pool(pool: str, expected: list[Architecture]) -> None:
    """The best beam and the incumbents enter, other beams where there is room; a pool of unsaid size has all beams."""
    config = tiny_config(f"retrain.pool={pool}", "retrain.incumbents=[sn-gan]")
    assert [entrant.architecture for entrant in searched_pool(config, BEAMS, HISTORY)] == expected
    assert largest_pool(config) == len(expected)


def test_the_best_beam_enters_whatever_the_incumbents() -> None:
    """A pool that holds no more than the incumbents is exceeded by it; a beam that is an incumbent takes no room."""
    names = "retrain.incumbents=[sn-gan, paper-top2]"
    config = tiny_config("retrain.pool=2", names)
    top2 = Architecture.parse("paper-top2")
    assert [entrant.architecture for entrant in searched_pool(config, BEAMS, HISTORY)] == [TOP1, SNGAN, top2]
    assert largest_pool(config) == 3
    beams = (Beam(SNGAN, 6.0), *BEAMS)
    entered = searched_pool(tiny_config("retrain.pool=3", names), beams, HISTORY)
    assert [entrant.architecture for entrant in entered] == [SNGAN, TOP1, top2]


def test_incumbents_that_do_not_fit_are_left_out() -> None:
    """Another number of cells and a choice outside the space are reasons; the rest stays in order, each once."""
    names = "[1111-11110-11110, paper-top1, sn-gan, '1011', paper-top3]"
    config = tiny_config(f"retrain.incumbents={names}", "search.space.up=[nearest]")
    assert usable_incumbents(config) == {SNGAN: "1111-11110-11110"}
    assert unusable_incumbents(config) == {
        "paper-top1": "outside search.space",
        "1011": "1 cells, not 3",
        "paper-top3": "outside search.space",
    }


def test_incumbents_are_paired_with_the_papers_discriminator() -> None:
    """Where discriminators are searched too; one that has its own keeps it, and outside the space they are left out."""
    settings = (
        "search.networks=both",
        "search.reward.adaptation_steps=1",
        "retrain.pool=5",
        "retrain.num_architectures=1",
    )
    config = tiny_config(*settings, f"retrain.incumbents=[sn-gan, {TOP1}-d2101-d0010-d3000]")
    expected = {f"{SNGAN}-d0010-d0010-d0010": "sn-gan", f"{TOP1}-d2101-d0010-d3000": f"{TOP1}-d2101-d0010-d3000"}
    assert {str(a): name for a, name in usable_incumbents(config).items()} == expected
    narrow = tiny_config(*settings, "retrain.incumbents=[sn-gan]", "search.discriminator.kernel=[5x5]")
    assert usable_incumbents(narrow) == {} and unusable_incumbents(narrow) == {"sn-gan": "outside search.space"}


def test_a_given_pool_is_joined_by_the_incumbents() -> None:
    """What is given comes first, under the settings' names where they have one."""
    config = tiny_config("retrain.incumbents=[paper-top1, sn-gan]")
    pool = [Entrant(SNGAN, "given", None, "sn-gan"), Entrant(A, "given", None, str(A))]
    assert given_pool(config, [SNGAN, A]) == [*pool, Entrant(TOP1, "incumbent", None, "paper-top1")]


def test_ties_and_divergence() -> None:
    """Lower FID first, equal FID by text; a diverged training goes nowhere, even if there is room."""
    first, second = sorted((A, B))
    assert promoted({second: 2.0, C: 1.0, first: 2.0, D: None}, 2) == [C, first]
    assert promoted({second: 2.0, D: None}, 2) == [second]
    assert promoted({D: None}, 2) == []


@given(st.lists(st.one_of(st.none(), st.sampled_from([1.0, 2.0, 3.0])), min_size=4, max_size=4), st.randoms())
def test_promotion_does_not_depend_on_order(fids: list[float | None], rng: random.Random) -> None:
    """In whatever order the trainings end, the same go on."""
    pairs = list(zip((A, B, C, D), fids, strict=True))
    expected = promoted(dict(pairs), 2)
    rng.shuffle(pairs)
    assert promoted(dict(pairs), 2) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_no_more_than_wanted_go_on(count: int) -> None:
    """As many as the next rung takes."""
    assert len(promoted(dict.fromkeys((A, B, C, D), 1.0), count)) == count


def test_a_pool_holds_what_is_trained() -> None:
    """With repeated cells everything in it has all cells, whether it comes from the search, by name or from elsewhere,
    and in whichever form; rewards go along."""
    pool = ("retrain.pool=5", "retrain.num_architectures=1", "model.bottom_width=4", "model.repeated_cells=1")
    written = str(TOP1.repeated(1))
    config = tiny_config(*pool, f"retrain.incumbents=[sn-gan, '{written}', '1011']")
    assert usable_incumbents(config) == {SNGAN.repeated(1): "sn-gan", TOP1.repeated(1): written}
    assert unusable_incumbents(config) == {"1011": "1 cells, not 3"}
    entrants = searched_pool(config, [Beam(A, 5.0)], HISTORY)
    assert [(e.architecture, e.reward) for e in entrants] == [
        (A.repeated(1), 5.0),
        (SNGAN.repeated(1), None),
        (TOP1.repeated(1), None),
        (C.repeated(1), 7.0),
        (B.repeated(1), 4.0),
    ]
    assert [e.architecture for e in given_pool(config, [A, B.repeated(1)])][:2] == [A.repeated(1), B.repeated(1)]
