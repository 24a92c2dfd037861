"""WGAN-GP's ResNet for CIFAR-10, unsupervised (Gulrajani et al., NIPS 2017, section 5.4 and the appendix's table).

Held, block by block, to the authors' code (igul222/improved_wgan_training, gan_cifar_resnet.py, CONDITIONAL False).
Generator: a linear layer to 4x4x128; three residual blocks of batch norm, ReLU, nearest up-sampling, 3x3 convolution,
batch norm, ReLU, 3x3 convolution, with an up-sampled 1x1 convolution as shortcut; batch norm, ReLU, 3x3 convolution,
tanh. That is the search space's ``1111-11110-11110`` at 128 feature maps. Critic: 128 feature maps, no normalisation;
a first block of convolution, ReLU, convolution, mean pooling; a residual block that halves the map and two that do not;
ReLU, the mean over the map, a linear unit. That is AutoGAN's discriminator without spectral norm, with a mean for its
sum. The unit's bias is left out: neither the loss nor the penalty depends on it.

Also as there: z from N(0, 1), the initialisation, n_critic 5, batches of 64 and, for the generator, 128, Adam with 2e-4
and (0, 0.9), the penalty's weight 10. Not followed: the learning rates' linear decay to 0 over 100,000 iterations (see
`scale`) and noise of one grey level on the real images.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from autogan_core.baselines import scale
from autogan_core.config import Config, ModelConfig, TrainingConfig
from autogan_core.metrics.complexity import (
    StepMacs,
    discriminator_macs,
    generator_macs,
    generator_parameters,
    step_macs,
)
from autogan_core.networks.discriminator import Discriminator
from autogan_core.networks.generator import Generator
from autogan_core.runtime.torch_seeding import seeded_initialisation
from autogan_core.search_space import Architecture, Cell, SearchSpace
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.design import Design

WIDTH = 128
"""Feature maps of every layer of both networks."""


class Critic(Discriminator):
    """AutoGAN's discriminator without spectral norm, its features averaged over the last map instead of summed."""

    def __init__(self, model: ModelConfig, channels: int) -> None:
        super().__init__(model, channels, spectral_norm=False)

    def pool(self, features: Tensor) -> Tensor:
        """See `Discriminator.pool`."""
        return features.mean(dim=(2, 3), dtype=torch.promote_types(features.dtype, torch.float32))


def wgan_gp(num_cells: int) -> Design:
    """WGAN-GP's ResNet for images that ``num_cells`` doublings lead to."""
    cells = tuple(Cell("pre", "bn", "nearest", shortcut=True, skips=(False,) * i) for i in range(num_cells))
    architecture = Architecture(cells)

    def gan(config: Config, device: torch.device, seed: int) -> GAN:
        return _gan(architecture, config, device, seed)

    def channels(config: Config) -> int:
        return scale.generator_width(WIDTH, config)

    return Design(
        name="wgan-gp",
        title="WGAN-GP, ResNet (Gulrajani et al., NIPS 2017)",
        architecture=architecture,
        gan=gan,
        training=_training,
        macs=lambda config: generator_macs(architecture, config.model, channels(config)),
        parameters=lambda config: generator_parameters(architecture, config.model, channels(config)),
        step_macs=lambda config: _step_macs(architecture, config),
    )


def _step_macs(architecture: Architecture, config: Config) -> StepMacs:
    generator = generator_macs(architecture, config.model, scale.generator_width(WIDTH, config))
    width = scale.discriminator_width(WIDTH, config)
    critic = discriminator_macs(config.model, width, architecture.depth - 1)
    return step_macs(generator, critic, _training(config))


def _gan(architecture: Architecture, config: Config, device: torch.device, seed: int) -> GAN:
    space = SearchSpace.only(architecture)
    with seeded_initialisation(seed, "weights"):
        generator = Generator(space, config.model, scale.generator_width(WIDTH, config))
        critic = Critic(config.model, scale.discriminator_width(WIDTH, config))
        for network in (generator, critic):
            _initialise(network)
    return GAN(generator, critic, config.model, _training(config), device=device)


def _training(config: Config) -> TrainingConfig:
    return scale.training(
        config, discriminator_batch=64, generator_batch=128, n_critic=5, adam_betas=(0.0, 0.9), loss="wasserstein"
    )


def _initialise(network: nn.Module) -> None:
    """The authors' (tflib/ops): Glorot's, wider by sqrt(2) for 3x3 convolutions inside blocks; biases 0, gains 1."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            inside = isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3) and not name.startswith("to_rgb")
            nn.init.xavier_uniform_(module.weight, gain=math.sqrt(2) if inside else 1.0)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
