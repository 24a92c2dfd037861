"""How fast this machine is at the parts of a run, measured on a few steps of the run's own networks."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from autogan_core.config import Config
from autogan_core.metrics.complexity import discriminator_macs, generator_macs, step_macs
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runs.halving.halving import largest_pool, usable_incumbents
from autogan_core.runs.planning.scoring_rate import ScoringRate, generation_seconds, scoring_rate
from autogan_core.runs.planning.step_time import StepTime, mean_of, step_time
from autogan_core.runs.planning.stopwatch import seconds
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_networks import shared_networks
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.design import Design, searched

ARCHITECTURES = 3
"""Architectures of each stage that are measured."""
GENERATED = {"cpu": 16, "cuda": 500}
"""Images of a measured batch."""


@dataclass(frozen=True, slots=True)
class NetworkPace:
    """Seconds that a generator and its discriminator take."""

    step: StepTime
    """For a training step, at the batches of the settings."""
    image: float
    """For a generated image, without scoring it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that the parts of a run take, whatever their number: the budget of a run is no part of it."""

    stages: tuple[NetworkPace, ...]
    """Of the shared GAN, in each stage of the search."""
    training: NetworkPace
    """Of an architecture trained from scratch."""
    averaging: float
    """For adding a generator step's weights to their average."""
    scoring: ScoringRate
    """Of features and scores."""


def measure_pace(config: Config, device: torch.device, *, thorough: bool = False) -> Pace:
    """Measures some training steps and scores of a run's own networks.

    Args:
        config: of the run; its shapes, widths and batches count, its budget does not.
        device: what it will work on.
        thorough: see `step_time`.

    Returns:
        The pace of each part. It takes seconds to measure.
    """
    stages = _stages(config, device, thorough)
    return Pace(stages, *_training(config, device, thorough), scoring_rate(config, device))


def training_step(config: Config, device: torch.device) -> StepTime:
    """Measures a training step of an architecture from scratch alone, which is most of what a run does."""
    [(gan, design)] = _trained(config, device, 1)
    return step_time(gan, config, [design.architecture], design.step_macs(config), thorough=True)


def _stages(config: Config, device: torch.device, thorough: bool) -> tuple[NetworkPace, ...]:
    search, space, rng = config.search, config.search_space(), random.Random(config.seed)
    gan, stages = shared_networks(config, space, device, config.seed), []
    for depth in search.stage_depths(config.model.num_cells):
        architectures = [space.sample(rng, depth) for _ in range(ARCHITECTURES)]
        generator = [generator_macs(a, config.model, search.generator_channels) for a in architectures]
        discriminator = [
            discriminator_macs(config.model, search.discriminator_channels, depth - 1, a.discriminator)
            for a in architectures
        ]
        macs = step_macs(max(generator), max(discriminator), config.training)
        step = step_time(gan, config, architectures, macs, thorough=thorough)
        image = sum(_image_seconds(gan.generator, a) for a in architectures) / ARCHITECTURES
        stages.append(NetworkPace(step, image))
    return tuple(stages)


def _training(config: Config, device: torch.device, thorough: bool) -> tuple[NetworkPace, float]:
    """The pace of trainings from scratch, and seconds for adding a step's weights to their average."""
    pairs = _trained(config, device, ARCHITECTURES)
    step = mean_of(
        [step_time(gan, config, [d.architecture], d.step_macs(config), thorough=thorough) for gan, d in pairs]
    )
    image = sum(_image_seconds(gan.generator, d.architecture) for gan, d in pairs) / ARCHITECTURES
    average = get_ema_multi_avg_fn(config.retrain.ema_decay)  # type: ignore[no-untyped-call]
    weights = list(pairs[0][0].generator.parameters())
    with torch.no_grad():
        averaging = seconds(lambda: average([w.clone() for w in weights], weights, 1), device)
    return NetworkPace(step, image), averaging


def _trained(config: Config, device: torch.device, count: int) -> list[tuple[GAN, Design]]:
    # What the search will find is not known: random architectures, and the incumbents, stand for the pool.
    rng, space = random.Random(config.seed), config.search_space()
    known = list(usable_incumbents(config))[: min(count, largest_pool(config) - 1)]
    drawn = [config.model.completed(space.sample(rng)) for _ in range(count - len(known))]
    designs = [searched(architecture) for architecture in [*known, *drawn]]
    return [(design.gan(config, device, config.seed), design) for design in designs]


def _image_seconds(generator: BaseGenerator, architecture: Architecture) -> float:
    device = next(generator.parameters()).device
    return generation_seconds(generator, architecture, GENERATED[device.type])
