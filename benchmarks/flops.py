"""Operations that the mathematics needs as it is written, counted on the plain loop without running it.

A multiplication and an addition count as two; only convolutions and matrix products are counted, which is nearly all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import Config
from autogan_core.search_space import Architecture, SearchSpace
from benchmarks.extractors import PlainExtractor
from benchmarks.plain_gan import PlainBatches, PlainGAN

META = torch.device("meta")


def step_flops(gan: PlainGAN, config: Config, architectures: Sequence[Architecture]) -> tuple[float, float]:
    """Counts the FLOPs of a discriminator and of a generator step, averaged over architectures of equal depth."""
    side = config.model.image_size_at(architectures[0].depth)
    shape = (config.training.discriminator_batch, config.model.image_channels, side, side)
    batches = PlainBatches(torch.empty(shape, dtype=torch.uint8, device=META), shape[0], config.model.latent_dim)
    return (
        _backward_flops(gan.discriminator_loss, batches, architectures),
        _backward_flops(gan.generator_loss, batches, architectures),
    )


def image_flops(
    gan: PlainGAN,
    config: Config,
    architectures: Sequence[Architecture],
    extractor: PlainExtractor,
    device: torch.device,
) -> float:
    """Counts the FLOPs of generating one image and extracting its features, averaged over the architectures."""
    z = torch.empty(1, config.model.latent_dim, device=META)
    side, channels = config.model.image_size_at(architectures[0].depth), config.model.image_channels
    image = torch.zeros(1, channels, side, side, dtype=torch.uint8, device=device)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for architecture in architectures:
            gan.generator(z, architecture)
            extractor(image)
    return float(counter.get_total_flops()) / len(architectures)


def weightless_gan(
    config: Config, space: SearchSpace, generator_channels: int, discriminator_channels: int
) -> PlainGAN:
    """A plain GAN of shapes alone, for counting."""
    with META:
        return PlainGAN(
            space,
            config.model,
            config.training,
            generator_channels=generator_channels,
            discriminator_channels=discriminator_channels,
            device=META,
            state=None,
        )


def _backward_flops(
    make_loss: Callable[[PlainBatches, int, Architecture], Tensor],
    batches: PlainBatches,
    architectures: Sequence[Architecture],
) -> float:
    with FlopCounterMode(display=False) as counter:
        for architecture in architectures:
            make_loss(batches, 0, architecture).backward()  # type: ignore[no-untyped-call]
    return float(counter.get_total_flops()) / len(architectures)
