"""The cost of training and scoring, in units that do not depend on the machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from autogan_core.config import Config


@dataclass(frozen=True, slots=True)
class Cost:
    """Steps and images; costs add up, and two searches of equal cost can be compared."""

    discriminator_steps: int = 0
    """Updates of a discriminator, each on ``training.discriminator_batch`` real and generated images."""
    generator_steps: int = 0
    """Updates of a generator, each on ``training.generator_batch`` generated images."""
    scored_images: int = 0
    """Images generated to be scored. Those that batch-norm statistics are estimated on are not counted."""

    @classmethod
    def of_steps(cls, steps: int, n_critic: int) -> Cost:
        """The cost of a training of ``steps`` discriminator steps.

        Every ``n_critic``-th step, from the first on, includes a generator step.

        Returns:
            Steps of both networks; no images are scored.
        """
        return cls(steps, math.ceil(steps / n_critic))

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.discriminator_steps + other.discriminator_steps,
            self.generator_steps + other.generator_steps,
            self.scored_images + other.scored_images,
        )

    def __str__(self) -> str:
        steps = f"{self.discriminator_steps:,} discriminator and {self.generator_steps:,} generator steps"
        return f"{steps}, {self.scored_images:,} images scored"

    def __mul__(self, count: int) -> Cost:
        return Cost(self.discriminator_steps * count, self.generator_steps * count, self.scored_images * count)

    def to_json(self) -> dict[str, int]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping[str, int]) -> Cost:
        """The inverse of `to_json`."""
        return cls(**tree)


def training_steps(config: Config, steps_per_epoch: int, *, warm_up: bool) -> int:
    """Discriminator steps of a search iteration; ``warm_up``: it is the first one of its stage."""
    search = config.search
    more = math.ceil(steps_per_epoch * search.warm_up_epochs) if warm_up else 0
    return math.ceil(steps_per_epoch * search.shared_epochs) + more


def scoring_cost(config: Config) -> Cost:
    """The cost of one candidate's reward, its adaptation included."""
    reward = config.search.reward
    return Cost.of_steps(reward.adaptation_steps, config.training.n_critic) + Cost(scored_images=reward.num_images)


def search_cost(config: Config, steps_per_epoch: int) -> Cost:
    """The cost of a whole search at most: candidates that are drawn twice, and resets, make it cheaper."""
    search = config.search
    num_stages = len(search.stage_depths(config.model.num_cells))
    n_critic = config.training.n_critic
    plain, first = (training_steps(config, steps_per_epoch, warm_up=warm_up) for warm_up in (False, True))
    training = Cost.of_steps(plain, n_critic) * (search.iterations - num_stages)
    training += Cost.of_steps(first, n_critic) * num_stages
    candidates = search.iterations * search.controller_steps + num_stages * search.num_candidates
    return training + scoring_cost(config) * candidates
