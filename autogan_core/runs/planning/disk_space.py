"""The disk space that a run takes, known before it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from torch import nn

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.networks.generator import Generator
from autogan_core.networks.searched_discriminator import discriminator_over
from autogan_core.runs.halving.halving import largest_pool
from autogan_core.search_space import Architecture, Cell, SearchSpace

FLOAT_BYTES = 4
PAGES_BYTES = 300_000
"""The report, the histories and the measurements of a run of seconds, in bytes."""
STATISTICS_BYTES = 8 * 2048 * 2049
"""The mean and covariance of InceptionV3's 2,048 features, in float64."""


def least_bytes(config: Config) -> int:
    """Estimates from below what a run writes: its states, of which the newest two are there while one is replaced.

    Args:
        config: of the run.

    Returns:
        Bytes, for the smallest architectures that the trainings could be of.
    """
    search, retrain = config.search, config.retrain
    space = config.search_space()
    shared = _floats(config, space, search.generator_channels)
    judging = _discriminator(config, space, search.discriminator_channels)
    shared_gan = 3 * (shared + judging)  # weights and Adam's two moments
    smallest = Architecture(
        tuple(Cell("post", "none", "nearest", False, (False,) * i) for i in range(config.model.depth))
    )
    generator = _floats(config, SearchSpace.only(smallest), retrain.generator_channels)
    # The averaged generator too, as it is and as it was best.
    of_paper = _discriminator(config, SearchSpace.only(smallest), retrain.discriminator_channels)
    training = 5 * generator + (0 if space.discriminator else 3 * of_paper)
    return FLOAT_BYTES * (2 * shared_gan + (largest_pool(config) + 1) * training) + PAGES_BYTES


def require_space(config: Config, folder: Path, cache: Path) -> None:
    """Refuses a run whose disk will be full before it ends.

    Args:
        config: of the run.
        folder: the run's, which exists; what it holds already is not written again.
        cache: the folder of reference statistics, which exists; likewise.

    Raises:
        ConfigError: there is too little space, whatever else is written.
    """
    needed, free = least_bytes(config), shutil.disk_usage(folder).free
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if needed - held > free:
        raise ConfigError(
            f"the run writes at least {_size(needed)} into '{folder.absolute()}', which holds {_size(held)}, and the "
            f"disk has {_size(free)} left; free some space, or choose a folder on another disk"
        )
    wanted = config.scores.features == "inception" and not any(cache.glob(f"moments-{config.data.name}-*"))
    if wanted and (free := shutil.disk_usage(cache).free) < STATISTICS_BYTES:
        raise ConfigError(
            f"the statistics of InceptionV3's features take {_size(STATISTICS_BYTES)} in '{cache.absolute()}', and the "
            f"disk has {_size(free)} left; free some space, or set AUTOGAN_CACHE to a folder on another disk"
        )


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"


def _floats(config: Config, space: SearchSpace, channels: int) -> int:
    with torch.device("meta"):
        return _count(Generator(space, config.model, channels))


def _discriminator(config: Config, space: SearchSpace, channels: int) -> int:
    with torch.device("meta"):
        return _count(discriminator_over(space, config.model, channels))


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
