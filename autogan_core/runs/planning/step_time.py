"""The time of a GAN's training steps on this machine, measured on a few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from autogan_core.config import Config, TrainingConfig
from autogan_core.metrics.complexity import StepMacs
from autogan_core.runs.planning.stopwatch import seconds
from autogan_core.search_space import Architecture
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from autogan_core.training.cost import Cost

PROBE_MACS = 4e9
"""Multiply-accumulates of a measured step on a CPU, tenths of a second of a core: larger batches are made
smaller, and their time grows with the batch."""


@dataclass(frozen=True, slots=True)
class StepTime:
    """Seconds of a training step of each network, at the batches of the settings."""

    discriminator: float
    generator: float

    def of(self, cost: Cost) -> float:
        """Seconds of the steps of a cost, without its scored images."""
        return cost.discriminator_steps * self.discriminator + cost.generator_steps * self.generator


def mean_of(times: Sequence[StepTime]) -> StepTime:
    """The mean time of a step."""
    count = len(times)
    return StepTime(sum(t.discriminator for t in times) / count, sum(t.generator for t in times) / count)


def step_time(
    gan: GAN, config: Config, architectures: Sequence[Architecture], macs: StepMacs, *, thorough: bool = False
) -> StepTime:
    """Trains some architectures for a step each, on noise.

    Args:
        gan: trained on; its batches may be smaller afterwards.
        config: of the run.
        architectures: of equal depth; the time is the mean of theirs.
        macs: of a step, as far as they are known; they decide how large a batch is measured.
        thorough: whether to measure whole batches, three times each, which may take a minute.

    Returns:
        The time of a step.
    """
    device, training = gan.device, config.training
    gan.training = _affordable(training, macs) if device.type == "cpu" and not thorough else training
    size = config.model.image_size_at(architectures[0].depth)
    batch = gan.training.discriminator_batch
    noise = torch.randint(0, 256, (batch, config.model.image_channels, size, size), dtype=torch.uint8).to(device)
    labels = torch.zeros(batch, dtype=torch.int64) if config.model.classes else None
    stream = TrainingStream(noise, batch, config.model.latent_dim, config.seed, labels)
    discriminator, generator, times = 0.0, 0.0, 3 if thorough else 1
    for index, architecture in enumerate(architectures):
        warm_up = 2 if device.type == "cuda" else int(index == 0)  # a GPU's work is captured when it is met again

        def train_discriminator(architecture: Architecture = architecture) -> object:
            return gan.train_discriminator(stream, 0, architecture)

        def train_generator(architecture: Architecture = architecture) -> object:
            return gan.train_generator(stream, 0, architecture)

        discriminator += seconds(train_discriminator, device, warm_up=warm_up, times=times)
        generator += seconds(train_generator, device, warm_up=warm_up, times=times)
    return StepTime(
        discriminator / len(architectures) * training.discriminator_batch / gan.training.discriminator_batch,
        generator / len(architectures) * training.generator_batch / gan.training.generator_batch,
    )


def _affordable(training: TrainingConfig, macs: StepMacs) -> TrainingConfig:
    """The same training with batches of at most `PROBE_MACS`."""
    batches = {
        "discriminator_batch": _batch(training.discriminator_batch, macs.discriminator),
        "generator_batch": _batch(training.generator_batch, macs.generator),
    }
    return training.model_copy(update=batches)


def _batch(batch: int, macs: int) -> int:
    return max(min(batch, 2), int(batch * min(1.0, PROBE_MACS / macs)))
