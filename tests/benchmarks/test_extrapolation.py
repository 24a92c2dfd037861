"""How many steps, rewards and iterations a configuration asks for, worked out by hand."""

from __future__ import annotations

import pytest

from autogan_core.presets import load_config
from benchmarks.extrapolation import (
    StageCosts,
    StageCounts,
    iteration_seconds,
    retraining_seconds,
    search_seconds,
    stage_counts,
)

PAPER_STAGE = StageCounts(
    iterations=30,  # 90 over three stages
    discriminator_steps=11_730,  # ceil(50,000 / 64) = 782, 15 times
    generator_steps=2_346,  # every fifth
    rewards=30,
    architectures=128,
    derived=10,
)


def test_counts_of_the_papers_search() -> None:
    """Three equal stages, and 2,730 rewards in all."""
    counts = stage_counts(load_config("cifar10", seed=0), 50_000)
    assert counts == [PAPER_STAGE] * 3
    assert sum(count.iterations * count.rewards + count.derived for count in counts) == 2_730


def test_counts_of_the_demos_search() -> None:
    """A short last batch is a step of its own, and a stage trains at most as many architectures as it draws."""
    [count, *others] = stage_counts(load_config("digits", ["search.training_draws=200"], seed=0), 1_797)
    assert count.discriminator_steps == count.generator_steps == 57  # ceil(1,797 / 32)
    assert (count.iterations, count.rewards, count.derived, count.architectures) == (2, 8, 8, 57)
    assert others == [count, count]


def test_seconds_of_an_iteration_and_of_a_search() -> None:
    """Steps, first uses and rewards of every iteration, and a derivation per stage."""
    costs = StageCosts(discriminator_step=0.002, generator_step=0.01, reward=0.5, first_use=0.25)
    iteration = 23.46 + 23.46 + 32 + 15
    assert iteration_seconds(PAPER_STAGE, costs) == pytest.approx(iteration)
    free = StageCosts(0.0, 0.0, 0.0)
    assert search_seconds([PAPER_STAGE, PAPER_STAGE], [costs, free]) == pytest.approx(30 * iteration + 5)


def test_seconds_of_a_retraining() -> None:
    """The paper's 50,000 generator iterations."""
    assert retraining_seconds(load_config("cifar10", seed=0), 0.036) == pytest.approx(1_800)
