"""Designs that can be trained from scratch: architectures of the search space, and hand-made baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from autogan_core.config import Config, TrainingConfig
from autogan_core.metrics.complexity import (
    StepMacs,
    discriminator_macs,
    generator_macs,
    generator_parameters,
    step_macs,
)
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.losses import training_of


@dataclass(frozen=True, slots=True)
class Design:
    """A GAN as its authors describe it: both networks, their loss and how they are trained."""

    name: str
    """Names its state in the run store, and its seed."""
    title: str
    """The design's name in tables; a baseline's includes its source."""
    architecture: Architecture
    """The route through its generator. Of a generator with one route only the depth counts."""
    gan: Callable[[Config, torch.device, int], GAN]
    """Configuration, device and seed -> the untrained networks, with optimisers and settings of their own."""
    training: Callable[[Config], TrainingConfig]
    """Configuration -> how these networks are trained: batches, learning rates, discriminator steps."""
    macs: Callable[[Config], int]
    """Configuration -> multiply-accumulates of the generator for one image: see `metrics.complexity`."""
    parameters: Callable[[Config], int]
    """Configuration -> trainable parameters of the generator."""
    step_macs: Callable[[Config], StepMacs]
    """Configuration -> multiply-accumulates of a training step of each network."""


def searched(architecture: Architecture) -> Design:
    """The design that `DerivedGAN` trains for an architecture of the search space (paper, sections 3.3.3 and 4)."""

    def gan(config: Config, device: torch.device, seed: int) -> GAN:
        return GAN.over(
            SearchSpace.only(architecture),
            config.model,
            config.training,
            generator_channels=config.retrain.generator_channels,
            discriminator_channels=config.retrain.discriminator_channels,
            device=device,
            seed=seed,
        )

    return Design(
        name=str(architecture),
        title=str(architecture),
        architecture=architecture,
        gan=gan,
        training=lambda config: training_of(architecture, config.training),
        macs=lambda config: generator_macs(architecture, config.model, config.retrain.generator_channels),
        parameters=lambda config: generator_parameters(architecture, config.model, config.retrain.generator_channels),
        step_macs=lambda config: step_macs(
            generator_macs(architecture, config.model, config.retrain.generator_channels),
            discriminator_macs(
                config.model,
                config.retrain.discriminator_channels,
                architecture.depth - 1,
                architecture.discriminator,
            ),
            training_of(architecture, config.training),
        ),
    )
