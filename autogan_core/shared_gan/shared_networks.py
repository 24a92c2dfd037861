"""The networks of the shared GAN, untrained."""

from __future__ import annotations

import torch

from autogan_core.config import Config
from autogan_core.runtime.distributed import World
from autogan_core.search_space import SearchSpace
from autogan_core.training.adversarial.gan import GAN


def shared_networks(
    config: Config,
    space: SearchSpace,
    device: torch.device,
    seed: int,
    *,
    world: World | None = None,
    capture: bool = True,
) -> GAN:
    """A GAN over the whole space with the search's widths. Arguments are those of `GAN.over`."""
    search = config.search
    return GAN.over(
        space,
        config.model,
        config.training,
        generator_channels=search.generator_channels,
        discriminator_channels=search.discriminator_channels,
        device=device,
        seed=seed,
        world=world,
        capture=capture,
    )
