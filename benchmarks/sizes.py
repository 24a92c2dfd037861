"""What is timed: a configuration with its images, networks and architectures, for the product and the plain loop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

import torch

from autogan_core.config import Config
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.presets import load_config
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.training.adversarial.gan import GAN
from benchmarks.plain_gan import PlainGAN

SizeName = Literal["demo", "paper"]
NUM_CIFAR10_IMAGES = 50_000


@dataclass(frozen=True, eq=False)
class Size:
    """A configuration and its images."""

    name: SizeName
    config: Config
    dataset: ImageDataset

    @property
    def depths(self) -> list[int]:
        """Cells of the architectures of each search stage."""
        return self.config.search.stage_depths(self.config.model.num_cells)

    def architectures(self, depth: int, count: int) -> list[Architecture]:
        """Uniform draws of ``depth`` cells, the same ones every time."""
        rng = random.Random(depth)
        return [self.config.search_space().sample(rng, depth) for _ in range(count)]


def load_size(name: SizeName, overrides: list[str]) -> Size:
    """The demo's size: the preset ``digits`` on its images. The paper's: ``cifar10`` on random ones of its shape."""
    if name == "demo":
        config = load_config("digits", overrides, seed=0)
        return Size(name, config, load_dataset(config.data, config.model, config.seed))
    config = load_config("cifar10", overrides, seed=0)
    side = config.model.image_size
    shape = (config.data.max_images or NUM_CIFAR10_IMAGES, config.model.image_channels, side, side)
    images = torch.randint(256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Size(name, config, ImageDataset("random", images, None, None, None, 0, fingerprint="0" * 64))


@dataclass(frozen=True, eq=False)
class Rivals:
    """Two GANs of equal weights."""

    product: GAN
    plain: PlainGAN


def shared_rivals(size: Size, device: torch.device) -> Rivals:
    """The search's GANs."""
    search = size.config.search
    space = size.config.search_space()
    return _rivals(size.config, space, search.generator_channels, search.discriminator_channels, device)


def derived_rivals(size: Size, architecture: Architecture, device: torch.device) -> Rivals:
    """The retraining's GANs."""
    retrain = size.config.retrain
    space = SearchSpace.only(architecture)
    return _rivals(size.config, space, retrain.generator_channels, retrain.discriminator_channels, device)


def _rivals(
    config: Config, space: SearchSpace, generator_channels: int, discriminator_channels: int, device: torch.device
) -> Rivals:
    product = GAN.over(
        space,
        config.model,
        config.training,
        generator_channels=generator_channels,
        discriminator_channels=discriminator_channels,
        device=device,
        seed=0,
    )
    plain = PlainGAN(
        space,
        config.model,
        config.training,
        generator_channels=generator_channels,
        discriminator_channels=discriminator_channels,
        device=device,
        state=product.state_dict(),
    )
    return Rivals(product, plain)
