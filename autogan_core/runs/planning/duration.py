"""The time that a run takes on this machine: the steps of its plan, and how long a few of them take."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from autogan_core.config import Config
from autogan_core.metrics.complexity import discriminator_macs, generator_macs, step_macs
from autogan_core.metrics.reward import needs_fid, needs_kid
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runs.halving.halving import largest_pool, usable_incumbents
from autogan_core.runs.planning.cost import final_cost, halving_cost
from autogan_core.runs.planning.scoring_rate import ScoringRate, generation_seconds, scoring_rate
from autogan_core.runs.planning.step_time import mean_of, step_time
from autogan_core.runs.planning.stopwatch import seconds
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_networks import shared_networks
from autogan_core.training.cost import Cost, training_steps
from autogan_core.training.design import searched

ARCHITECTURES = 3
"""Architectures of each stage that are measured."""
GENERATED = {"cpu": 16, "cuda": 500}
"""Images of a measured batch."""


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
    rate = scoring_rate(config, device)
    search = _search_seconds(config, device, num_images, rate)
    retraining, scoring = _training_seconds(config, device, rate)
    return ExpectedTime(rate.preparation(num_images), search, retraining, scoring)


def _search_seconds(config: Config, device: torch.device, num_images: int, rate: ScoringRate) -> float:
    search, reward, total = config.search, config.search.reward, 0.0
    space, rng, n_critic = config.search_space(), random.Random(config.seed), config.training.n_critic
    gan = shared_networks(config, space, device, config.seed)
    mlas = MultiLevelSearch(space, search, config.seed)
    steps_per_epoch = math.ceil(num_images / config.training.discriminator_batch)
    reading = rate.reading(reward.num_images, with_fid=needs_fid(reward), with_kid=needs_kid(reward))
    for depth, iterations in zip(mlas.depths[1:], mlas.iterations_per_stage(), strict=True):
        architectures = [space.sample(rng, depth) for _ in range(ARCHITECTURES)]
        generator = [generator_macs(a, config.model, search.generator_channels) for a in architectures]
        discriminator = discriminator_macs(config.model, search.discriminator_channels, depth - 1)
        step = step_time(gan, config, architectures, step_macs(max(generator), discriminator, config.training))
        image = sum(_image_seconds(gan.generator, a) for a in architectures) / ARCHITECTURES
        adapted = Cost.of_steps(reward.adaptation_steps, n_critic)
        candidate = step.of(adapted) + image * (reward.recalibration_images + reward.num_images)
        candidate += reward.num_images * rate.extraction + reading
        plain, first = (
            Cost.of_steps(training_steps(config, steps_per_epoch, warm_up=warm_up), n_critic)
            for warm_up in (False, True)
        )
        total += step.of(plain * (iterations - 1) + first)
        total += candidate * (iterations * search.controller_steps + search.num_candidates)
    return total


def _training_seconds(config: Config, device: torch.device, rate: ScoringRate) -> tuple[float, float]:
    # What the search will find is not known: random architectures, and the incumbents, stand for the pool.
    retrain, count = config.retrain, config.retrain.num_architectures
    rng = random.Random(config.seed)
    known = list(usable_incumbents(config))[: largest_pool(config) - 1]
    drawn = [config.model.completed(config.search_space().sample(rng)) for _ in range(ARCHITECTURES - len(known))]
    designs = [searched(architecture) for architecture in [*known, *drawn]]
    gans = [design.gan(config, device, config.seed) for design in designs]
    pairs = list(zip(gans, designs, strict=True))
    step = mean_of([step_time(gan, config, [d.architecture], d.step_macs(config)) for gan, d in pairs])
    image = sum(_image_seconds(gan.generator, d.architecture) for gan, d in pairs) / len(pairs)
    average, weights = get_ema_multi_avg_fn(retrain.ema_decay), list(gans[0].generator.parameters())  # type: ignore[no-untyped-call]
    with torch.no_grad():
        averaging = seconds(lambda: average([w.clone() for w in weights], weights, 1), device)
    final, whole = final_cost(config, count), halving_cost(config, largest_pool(config))
    validated = whole.scored_images - final.scored_images
    recalibration = config.search.reward.recalibration_images * image
    validation = recalibration + rate.reading(retrain.validation_images, with_fid=True, with_kid=False)
    training = step.of(whole) + whole.generator_steps * averaging
    training += validated * (image + rate.extraction) + validated // retrain.validation_images * validation
    reading = rate.reading(config.scores.num_images, with_fid=True, with_kid=True, final=True)
    scoring = final.scored_images * (image + rate.extraction) + 2 * count * (recalibration + reading)
    return training, scoring


def _image_seconds(generator: BaseGenerator, architecture: Architecture) -> float:
    device = next(generator.parameters()).device
    return generation_seconds(generator, architecture, GENERATED[device.type])
