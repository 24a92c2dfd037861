"""What advice asks of a device, measured on it."""

from __future__ import annotations

import torch

from autogan_core.config import Config
from autogan_core.first_run.budget import Estimate
from autogan_core.first_run.machine import MEBIBYTE
from autogan_core.first_run.networks import Measures
from autogan_core.runs.planning.duration import time_at
from autogan_core.runs.planning.memory import peak_memory
from autogan_core.runs.planning.pace import Pace, measure_pace, training_step


def measures_on(device: torch.device) -> Measures:
    """The measures of a device. Each configuration's networks are measured once."""
    paces: dict[str, Pace] = {}

    def estimate(config: Config, images: int) -> Estimate:
        networks = _networks(config)
        if networks not in paces:
            paces[networks] = measure_pace(config, device, thorough=True)
        return lambda other: time_at(paces[networks], other, images)

    def iteration_seconds(config: Config) -> float:
        step = training_step(config, device)
        return config.training.n_critic * step.discriminator + step.generator

    def mebibytes(config: Config, images: int) -> float:
        return peak_memory(config, device, images).largest / MEBIBYTE

    return Measures(iteration_seconds, estimate, mebibytes)


def _networks(config: Config) -> str:
    """What the pace depends on, as text."""
    search, retrain = config.search, config.retrain
    widths = (search.generator_channels, search.discriminator_channels)
    trained = (retrain.generator_channels, retrain.discriminator_channels)
    scores = (config.scores.features, config.scores.batch_size)
    return repr((config.model, config.training, search.space, search.levels, widths, trained, scores))
