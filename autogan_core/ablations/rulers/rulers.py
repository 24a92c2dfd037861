"""Rulers: the ways to score an architecture on shared weights that ``proxy`` compares with training from scratch."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from autogan_core.ablations.suite.suite import Plan
from autogan_core.config import RewardConfig, RewardScore
from autogan_core.errors import ConfigError
from autogan_core.metrics.reward import reward
from autogan_core.metrics.scores import Scores

Statistics = Literal["recalibrated", "running"]
"""The statistics of batch norm, as in `RewardConfig.statistics`."""

SCORE_WORDS: Mapping[RewardScore, str] = {
    "inception-score": "IS",
    "log-fid": "FID",
    "negative-kid": "KID",
    "is-over-fid": "ln IS − ln FID",
}
"""The scores that are compared, in words. ``inverse-fid`` ranks as ``log-fid`` does."""
STATISTICS_WORDS: Mapping[Statistics, str] = {"recalibrated": "re-estimated", "running": "running"}


@dataclass(frozen=True, slots=True)
class Ruler:
    """A score, and how its images are made. Its values are higher for what it takes for better."""

    score: RewardScore
    statistics: Statistics
    images: int
    steps: int
    """Steps of adaptation, on a copy of the shared GAN; 0: the weights as they are."""

    @property
    def words(self) -> str:
        """One line, such as ``FID, 500 images, running statistics, 10 steps``."""
        steps = f", {self.steps} steps" if self.steps else ""
        return f"{SCORE_WORDS[self.score]}, {self.images:,} images, {STATISTICS_WORDS[self.statistics]}{steps}"

    def value(self, scores: Scores) -> float:
        """What it says of images with these scores; ``scores`` hold FID and KID."""
        return reward(scores, RewardConfig(score=self.score), macs=0)


def image_counts(plan: Plan) -> list[int]:
    """How many images the rulers take, rising: the budget's numbers, and the reward's own."""
    return sorted({*plan.budget.proxy_images, _reward(plan).num_images})


def adaptations(plan: Plan) -> list[int]:
    """How many steps of adaptation the rulers make, rising from 0: the budget's numbers, and the reward's own."""
    return sorted({0, *plan.budget.proxy_adaptation_steps, _reward(plan).adaptation_steps})


def rulers(plan: Plan) -> list[Ruler]:
    """Every combination of a score, statistics, a number of images and one of steps."""
    parts = itertools.product(SCORE_WORDS, STATISTICS_WORDS, image_counts(plan), adaptations(plan))
    return [Ruler(*part) for part in parts]


def default_ruler(plan: Plan) -> Ruler:
    """Finds the ruler that the search's own reward is, but for a penalty on the generator's size.

    Returns:
        One of `rulers`.

    Raises:
        ConfigError: the reward is none of the scores that are compared.
    """
    config = _reward(plan)
    score: RewardScore = "log-fid" if config.score == "inverse-fid" else config.score
    if score not in SCORE_WORDS:
        raise ConfigError(
            f"search.reward.score is {score}, which 'proxy' does not compare; set it to one of {', '.join(SCORE_WORDS)}"
        )
    return Ruler(score, config.statistics, config.num_images, config.adaptation_steps)


def _reward(plan: Plan) -> RewardConfig:
    return plan.config(plan.seeds[0]).search.reward
