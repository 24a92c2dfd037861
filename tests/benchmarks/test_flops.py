"""Operations, counted by hand for the smallest networks."""

from __future__ import annotations

import torch
from torch import nn

from autogan_core.presets import load_config
from autogan_core.search_space import Architecture
from benchmarks.flops import image_flops, step_flops, weightless_gan

CHANNELS, LATENTS, BATCH = 4, 8, 16
CONFIG = load_config(
    "digits",
    [
        *("model.latent_dim=8", "training.discriminator_batch=16", "training.generator_batch=16"),
        *("search.generator_channels=4", "search.discriminator_channels=4"),
    ],
    seed=0,
)
PLAINEST = Architecture.parse("0000")
"""Bilinear up-sampling to 4x4, two convolutions, no normalisation, no shortcut."""

PROJECT = 2 * LATENTS * CHANNELS * 2 * 2
CELL = 2 * (2 * CHANNELS * CHANNELS * 9 * 16)
TO_RGB = 2 * CHANNELS * 1 * 9 * 16
GENERATE = PROJECT + CELL + TO_RGB

IMAGE_CONVOLUTIONS = 2 * CHANNELS * 9 * 16 + 2 * CHANNELS * 4
"""Of the images themselves: 3x3 at 4x4, 1x1 at 2x2."""
REST = 2 * CHANNELS * CHANNELS * 9 * 16 + 2 * (2 * CHANNELS * CHANNELS * 9 * 4) + 2 * CHANNELS
"""The first block's second convolution, the last block's two at 2x2, the linear layer."""


def test_flops_of_training_steps() -> None:
    """A backward pass costs twice its forward pass, less what nobody needs a gradient of."""
    gan = weightless_gan(CONFIG, CONFIG.search_space(), CHANNELS, CHANNELS)
    discriminator, generator = step_flops(gan, CONFIG, [PLAINEST, PLAINEST])
    assert discriminator == BATCH * GENERATE + 2 * BATCH * (2 * IMAGE_CONVOLUTIONS + 3 * REST)
    assert generator == BATCH * (2 * PROJECT + 3 * (CELL + TO_RGB) + 3 * (IMAGE_CONVOLUTIONS + REST))


def test_flops_of_a_scored_image() -> None:
    """Generating it, and what the extractor does with it."""
    gan = weightless_gan(CONFIG, CONFIG.search_space(), CHANNELS, CHANNELS)
    layer = nn.Linear(16, 10)

    def extractor(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return images, layer(images.flatten(1).float())

    assert image_flops(gan, CONFIG, [PLAINEST], extractor, torch.device("cpu")) == GENERATE + 2 * 16 * 10
