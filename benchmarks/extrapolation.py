"""From single steps to whole searches and trainings: how many of which a configuration asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autogan_core.config import Config
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.training.cost import training_steps


@dataclass(frozen=True, slots=True)
class StageCounts:
    """The counts of work in one search stage."""

    iterations: int
    """Search iterations; a derivation comes on top."""
    discriminator_steps: int
    """Discriminator steps in one iteration."""
    generator_steps: int
    """Generator steps in one iteration."""
    rewards: int
    """Rewards in one iteration, an upper bound: a candidate that is drawn twice is scored once."""
    architectures: int
    """Different architectures trained in one iteration, at most."""
    derived: int
    """Rewards of the derivation."""


@dataclass(frozen=True, slots=True)
class StageCosts:
    """The duration of each piece of that work, in seconds."""

    discriminator_step: float
    generator_step: float
    reward: float
    first_use: float = 0.0
    """Extra seconds when an architecture is first trained in an iteration."""


def stage_counts(config: Config, num_images: int) -> list[StageCounts]:
    """The counts of every stage in order, for a data set of ``num_images``, when nothing fails."""
    search, training = config.search, config.training
    steps = training_steps(config, math.ceil(num_images / training.discriminator_batch), warm_up=False)
    mlas = MultiLevelSearch(config.search_space(), search, config.seed)
    return [
        StageCounts(
            iterations=iterations,
            discriminator_steps=steps,
            generator_steps=math.ceil(steps / training.n_critic),
            rewards=search.controller_steps,
            architectures=min(search.training_draws, steps),
            derived=search.num_candidates,
        )
        for iterations in mlas.iterations_per_stage()
    ]


def iteration_seconds(counts: StageCounts, costs: StageCosts) -> float:
    """One search iteration."""
    training = counts.discriminator_steps * costs.discriminator_step + counts.generator_steps * costs.generator_step
    return training + counts.architectures * costs.first_use + counts.rewards * costs.reward


def search_seconds(counts: Sequence[StageCounts], costs: Sequence[StageCosts]) -> float:
    """The whole search: all iterations of all stages and their derivations; storage and the controller left out."""
    return sum(
        count.iterations * iteration_seconds(count, cost) + count.derived * cost.reward
        for count, cost in zip(counts, costs, strict=True)
    )


def retraining_seconds(config: Config, iteration: float) -> float:
    """Training one architecture from scratch, without its validations, at ``iteration`` seconds a generator step."""
    return config.retrain.generator_iterations * iteration
