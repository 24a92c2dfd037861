"""DCGAN (Radford, Metz and Chintala, ICLR 2016), with the details of its authors' code.

Section 3 gives the rules: strided convolutions instead of pooling, batch norm everywhere but in the generator's output
and the discriminator's input layer, ReLU in the generator and tanh at its end, LeakyReLU in the discriminator. Figure 1
gives the widths, of 64x64 images; for other sizes they are counted from the image's end, as there: 32x32 images begin
with 4x4x512. Section 4: weights from N(0, 0.02), slope 0.2, batches of 128, Adam with 2e-4 and beta1 0.5. From the
authors' code (Newmu/dcgan_code, faces/train_uncond_dcgan.py): 5x5 kernels, no biases but batch norm's, each of the
projection's units normalised by itself, gains from N(1, 0.02), real and generated images in batches of their own, one
discriminator step for each generator step.

Not followed: z from a uniform distribution of 100 dimensions, and the code's weight decay of 1e-5 (see `scale`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autogan_core.baselines import scale
from autogan_core.config import Config, ModelConfig, TrainingConfig
from autogan_core.metrics.complexity import StepMacs, step_macs
from autogan_core.networks.discriminator import BaseDiscriminator
from autogan_core.networks.generator import BaseGenerator
from autogan_core.networks.precision import reduced
from autogan_core.operations.layers.batch_norm import BatchNorm2d
from autogan_core.runtime.torch_seeding import seeded_initialisation
from autogan_core.search_space import Architecture, Cell
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.design import Design

WIDTH = 128
"""Feature maps of both networks' layer next to the image (Figure 1); each layer further away has twice as many."""
STD = 0.02
SLOPE = 0.2


class DCGANGenerator(BaseGenerator):
    """A projection, then transposed 5x5 convolutions that double the map: at 32x32 of 256, 128 and 3 channels."""

    def __init__(self, model: ModelConfig, width: int) -> None:
        """``width``: feature maps next to the image."""
        widths = _widths(model, width)[::-1]
        super().__init__(model.latent_dim)
        self._shape = (widths[0], model.bottom_width, model.bottom_width)
        self.project = nn.Linear(model.latent_dim, widths[0] * model.bottom_width**2, bias=False)
        self.norm = BatchNorm2d(self.project.out_features)
        self.cells = nn.ModuleList(
            nn.Sequential(_doubling(inner, outer), BatchNorm2d(outer), nn.ReLU(inplace=True))
            for inner, outer in pairwise(widths)
        )
        self.to_rgb = nn.Sequential(_doubling(width, model.image_channels), nn.Tanh())
        _initialise(self)

    def forward(self, z: Tensor, architecture: Architecture) -> Tensor:
        """Generates images.

        Args:
            z: latent vectors (N, latent_dim).
            architecture: of no effect, there is one route.

        Returns:
            (N, C, S, S) in [-1, 1], S = bottom_width * 2 ** depth.
        """
        with reduced(z.device, self.dtype):
            units = self.norm(self.project(z)[:, :, None, None])
            x: Tensor = F.relu(units, inplace=True).view(-1, *self._shape)
            for cell in self.cells:
                x = cell(x)
        images: Tensor = self.to_rgb(x.to(torch.promote_types(x.dtype, torch.float32)))
        return images


class DCGANDiscriminator(BaseDiscriminator):
    """5x5 convolutions that halve the map, at 32x32 pixels of 128, 256 and 512 channels; a linear unit on the last."""

    def __init__(self, model: ModelConfig, width: int) -> None:
        """``width``: feature maps next to the image."""
        super().__init__()
        widths = _widths(model, width)
        self.first = _halving(model.image_channels, width)
        self.rest = nn.ModuleList(
            nn.Sequential(_halving(outer, inner), BatchNorm2d(inner)) for outer, inner in pairwise(widths)
        )
        self.linear = nn.Linear(widths[-1] * model.bottom_width**2, 1, bias=False)
        _initialise(self)

    def forward(self, images: Tensor, stage: int) -> Tensor:
        """Judges images (N, C, S, S) in [-1, 1] as one batch, since batch norm takes its statistics from all of them.

        ``stage`` is of no effect: all images have the full size.

        Returns:
            Logits (N, 1), unbounded.
        """
        with reduced(images.device, self.dtype):
            h = F.leaky_relu(self.first(images), SLOPE, inplace=True)
            for block in self.rest:
                h = F.leaky_relu(block(h), SLOPE, inplace=True)
        logits: Tensor = self.linear(h.flatten(1).to(torch.promote_types(h.dtype, torch.float32)))
        return logits

    def judge(
        self, real: Tensor, fake: Tensor, stage: int, labels: Tensor | None = None, **path: Any
    ) -> tuple[Tensor, Tensor]:
        """As in the base class, but in two passes: each kind is normalised by statistics of its own."""
        return self(real, stage), self(fake, stage)


def dcgan(num_cells: int) -> Design:
    """DCGAN for images that ``num_cells`` doublings lead to."""
    cells = tuple(Cell("post", "bn", "deconv", shortcut=False, skips=(False,) * i) for i in range(num_cells))
    return Design(
        name="dcgan",
        title="DCGAN (Radford et al., ICLR 2016)",
        architecture=Architecture(cells),
        gan=_gan,
        training=_training,
        macs=lambda config: dcgan_macs(config.model, scale.generator_width(WIDTH, config)),
        parameters=lambda config: dcgan_parameters(config.model, scale.generator_width(WIDTH, config)),
        step_macs=_step_macs,
    )


def dcgan_macs(model: ModelConfig, width: int) -> int:
    """Multiply-accumulates of the generator for one image; ``width`` as in `DCGANGenerator`."""
    widths = [*_widths(model, width)[::-1], model.image_channels]
    sizes = [model.bottom_width << i for i in range(model.depth)]
    linear = model.latent_dim * widths[0] * model.bottom_width**2
    return linear + sum(
        25 * inner * outer * size**2 for (inner, outer), size in zip(pairwise(widths), sizes, strict=True)
    )


def dcgan_discriminator_macs(model: ModelConfig, width: int) -> int:
    """Multiply-accumulates of the discriminator for one image; ``width`` as in `DCGANDiscriminator`."""
    widths = [model.image_channels, *_widths(model, width)]
    sizes = [model.image_size >> (i + 1) for i in range(model.depth)]
    convolutions = sum(
        25 * outer * inner * size**2 for (outer, inner), size in zip(pairwise(widths), sizes, strict=True)
    )
    return convolutions + widths[-1] * model.bottom_width**2


def dcgan_parameters(model: ModelConfig, width: int) -> int:
    """Trainable parameters of the generator; ``width`` as in `DCGANGenerator`."""
    widths = _widths(model, width)[::-1]
    projection = (model.latent_dim + 2) * widths[0] * model.bottom_width**2
    hidden = sum(25 * inner * outer + 2 * outer for inner, outer in pairwise(widths))
    return projection + hidden + 25 * width * model.image_channels


def _gan(config: Config, device: torch.device, seed: int) -> GAN:
    with seeded_initialisation(seed, "weights"):
        generator = DCGANGenerator(config.model, scale.generator_width(WIDTH, config))
        discriminator = DCGANDiscriminator(config.model, scale.discriminator_width(WIDTH, config))
    return GAN(generator, discriminator, config.model, _training(config), device=device)


def _step_macs(config: Config) -> StepMacs:
    generator = dcgan_macs(config.model, scale.generator_width(WIDTH, config))
    discriminator = dcgan_discriminator_macs(config.model, scale.discriminator_width(WIDTH, config))
    return step_macs(generator, discriminator, _training(config))


def _training(config: Config) -> TrainingConfig:
    return scale.training(
        config,
        discriminator_batch=128,
        generator_batch=128,
        n_critic=1,
        adam_betas=(0.5, 0.999),
        loss="non-saturating",
    )


def _widths(model: ModelConfig, width: int) -> list[int]:
    """Feature maps of the layers from the image's end on, the image itself left out."""
    return [width << i for i in range(model.depth)]


def _doubling(inner: int, outer: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inner, outer, 5, stride=2, padding=2, output_padding=1, bias=False)


def _halving(outer: int, inner: int) -> nn.Conv2d:
    return nn.Conv2d(outer, inner, 5, stride=2, padding=2, bias=False)


def _initialise(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, STD)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, STD)
