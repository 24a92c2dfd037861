"""The time that a run takes on this machine: the steps of its plan, and how long a few of them take."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from autogan_core.config import Config
from autogan_core.metrics.reward import needs_fid, needs_kid
from autogan_core.runs.halving.halving import largest_pool
from autogan_core.runs.planning.cost import final_cost, halving_cost
from autogan_core.runs.planning.pace import Pace, measure_pace
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.training.cost import Cost, training_steps


@dataclass(frozen=True, slots=True)
class ExpectedTime:
    """Seconds that the phases of a run take, if nothing is there yet, nothing fails, and no candidate is drawn twice.

    Start-up, the decoding of images, and the writing of checkpoints and report are not in it.
    """

    preparation: float
    """Training a classifier, if there is one, and scoring the real images."""
    search: float
    """All stages: training the shared GAN, and rewards."""
    retraining: float
    """Training what was found, validations included."""
    scoring: float
    """The final scores."""

    @property
    def total(self) -> float:
        """The whole run."""
        return self.preparation + self.search + self.retraining + self.scoring


def expected_time(config: Config, device: torch.device, num_images: int) -> ExpectedTime:
    """Measures some training steps and scores of a run's own networks here, and multiplies.

    Args:
        config: of the run.
        device: what it will work on.
        num_images: training images.

    Returns:
        The time of each phase. It takes seconds to measure.
    """
    return time_at(measure_pace(config, device), config, num_images)


def time_at(pace: Pace, config: Config, num_images: int) -> ExpectedTime:
    """The time that a run takes at a pace that was measured for its networks, whatever their budget was then.

    Args:
        pace: of a configuration with these shapes, widths and batches.
        config: of the run.
        num_images: training images.

    Returns:
        The time of each phase.
    """
    retraining, scoring = _training_seconds(config, pace)
    search = _search_seconds(config, num_images, pace)
    return ExpectedTime(pace.scoring.preparation(num_images), search, retraining, scoring)


def _search_seconds(config: Config, num_images: int, pace: Pace) -> float:
    search, reward, total, n_critic = config.search, config.search.reward, 0.0, config.training.n_critic
    mlas = MultiLevelSearch(config.search_space(), search, config.seed)
    steps_per_epoch = math.ceil(num_images / config.training.discriminator_batch)
    reading = pace.scoring.reading(reward.num_images, with_fid=needs_fid(reward), with_kid=needs_kid(reward))
    adapted = Cost.of_steps(reward.adaptation_steps, n_critic)
    for stage, iterations in zip(pace.stages, mlas.iterations_per_stage(), strict=True):
        candidate = stage.step.of(adapted) + stage.image * (reward.recalibration_images + reward.num_images)
        candidate += reward.num_images * pace.scoring.extraction + reading
        plain, first = (
            Cost.of_steps(training_steps(config, steps_per_epoch, warm_up=warm_up), n_critic)
            for warm_up in (False, True)
        )
        total += stage.step.of(plain * (iterations - 1) + first)
        total += candidate * (iterations * search.controller_steps + search.num_candidates)
    return total


def _training_seconds(config: Config, pace: Pace) -> tuple[float, float]:
    """Seconds of all trainings with their validations, and of the final scores."""
    retrain, count, rate = config.retrain, config.retrain.num_architectures, pace.scoring
    final, whole = final_cost(config, count), halving_cost(config, largest_pool(config))
    validated = whole.scored_images - final.scored_images
    image = pace.training.image
    recalibration = config.search.reward.recalibration_images * image
    validation = recalibration + rate.reading(retrain.validation_images, with_fid=True, with_kid=False)
    training = pace.training.step.of(whole) + whole.generator_steps * pace.averaging
    training += validated * (image + rate.extraction) + validated // retrain.validation_images * validation
    reading = rate.reading(config.scores.num_images, with_fid=True, with_kid=True, final=True)
    scoring = final.scored_images * (image + rate.extraction) + 2 * count * (recalibration + reading)
    return training, scoring
