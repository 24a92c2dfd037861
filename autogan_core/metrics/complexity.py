"""Size and cost of networks in closed form: multiply-accumulates and parameters that are really used.

The paper's "FLOPs" (Figures 3 and 4) are multiply-accumulates: one each for a product and its sum, of convolutions,
transposed convolutions and linear layers; biases, norms, activations and resampling are not counted. All counts are of
the networks as published: what `resampling` saves by merging layers is this implementation's speed, not their size.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from autogan_core.config import ModelConfig, TrainingConfig
from autogan_core.operations import (
    CELL_ENDS,
    CONVOLUTIONS,
    DOWN_SAMPLINGS,
    NORMALISATIONS,
    UP_SAMPLINGS,
    LayeredOperation,
    Operation,
    Shapes,
    UpSampling,
)
from autogan_core.search_space import Architecture, Cell, DiscriminatorCell
from autogan_core.search_space.discriminator_cell import SAME_SIZE


def generator_macs(architecture: Architecture, model: ModelConfig, channels: int) -> int:
    """Counts the generator's multiply-accumulates.

    Args:
        architecture: of any depth; one of fewer cells than ``model.depth`` is a search stage's generator.
        model: shapes.
        channels: feature maps of every layer.

    Returns:
        Multiply-accumulates for one image.
    """
    linear = model.latent_dim * channels * model.bottom_width**2
    sizes = [model.bottom_width << (i + 1) for i in range(architecture.depth)]
    shapes = Shapes(channels, model.latent_dim, model.classes)
    cells = sum(_cell_macs(cell, size, shapes) for cell, size in zip(architecture.cells, sizes, strict=True))
    to_rgb = 9 * channels * model.image_channels * sizes[-1] ** 2
    return linear + cells + to_rgb


def generator_parameters(architecture: Architecture, model: ModelConfig, channels: int) -> int:
    """Counts the trainable parameters that an architecture uses.

    The shared generator holds more, for choices that this architecture does not make.

    Args:
        architecture: of any depth.
        model: shapes.
        channels: feature maps of every layer.

    Returns:
        Number of scalars.
    """
    linear = (model.latent_dim + 1) * channels * model.bottom_width**2
    shapes = Shapes(channels, model.latent_dim, model.classes)
    cells = sum(_cell_parameters(cell, shapes) for cell in architecture.cells)
    # BatchNorm, a scale and a shift for each class, then a 3x3 convolution
    to_rgb = 2 * channels * (1 + model.classes) + (9 * channels + 1) * model.image_channels
    return linear + cells + to_rgb


def discriminator_macs(model: ModelConfig, channels: int, stage: int, cells: Sequence[DiscriminatorCell] = ()) -> int:
    """Counts the discriminator's multiply-accumulates.

    Args:
        model: shapes.
        channels: feature maps of every layer.
        stage: search stage from 0, which decides the blocks and the size of the image.
        cells: of a searched discriminator, one for each block but the last; none: the paper's.

    Returns:
        Multiply-accumulates for one image.
    """
    head = channels * (2 if model.classes else 1)
    if cells:
        return _searched_discriminator_macs(model, channels, cells) + head
    pixels = model.image_size_at(stage + 1) ** 2
    first = 9 * (model.image_channels * channels + channels**2) * pixels  # its shortcut pools before it convolves
    pixels //= 4
    first += model.image_channels * channels * pixels
    middle = 0
    for block in range(stage):
        halves = block != 1
        middle += (18 + int(halves)) * channels**2 * pixels
        pixels //= 4 if halves else 1
    last = 18 * channels**2 * pixels
    return first + middle + last + head


@dataclass(frozen=True, slots=True)
class StepMacs:
    """Multiply-accumulates of a GAN's training steps: see `step_macs`."""

    discriminator: int
    """Multiply-accumulates of a discriminator step."""
    generator: int
    """Multiply-accumulates of a generator step."""


def step_macs(generator: int, discriminator: int, training: TrainingConfig) -> StepMacs:
    """Computes the cost of training steps from the cost of both networks for one image.

    A backward pass counts as two forward passes: one for the gradient of the weights, one for that of the inputs. The
    discriminator's step draws its images without gradients; the generator's step needs no gradient of the
    discriminator's weights. Optimisers, averages and spectral norm are not counted.

    Args:
        generator: multiply-accumulates of the generator.
        discriminator: those of the discriminator.
        training: batches and loss. A gradient penalty, on as many images as a discriminator's batch, is a forward pass,
            the gradient of its inputs, and a backward pass through both; a relativistic loss has real images judged in
            the generator's step too.

    Returns:
        Multiply-accumulates of one step of the discriminator and of one step of the generator.
    """
    judged = 2 * 3 + (1 + 1 + 4 if training.loss == "wasserstein" else 0)
    compared = training.discriminator_batch * discriminator if training.loss == "relativistic" else 0
    return StepMacs(
        training.discriminator_batch * (generator + judged * discriminator),
        training.generator_batch * (3 * generator + 2 * discriminator) + compared,
    )


def _searched_discriminator_macs(model: ModelConfig, channels: int, cells: Sequence[DiscriminatorCell]) -> int:
    """Of its cells and its last block."""
    shapes, size, macs = Shapes(channels, 0), model.image_size_at(len(cells)), 0
    for i, cell in enumerate(cells):
        seen = channels if i else model.image_channels
        convolution = CONVOLUTIONS[cell.kernel].macs(shapes, size)
        macs += convolution + (convolution if i else 9 * seen * channels * size**2)
        if i != SAME_SIZE:
            # As published: the first cell's shortcut convolves the smaller map, the others' the larger one.
            pointwise = seen * channels * (size if i else size // 2) ** 2
            size //= 2
            macs += DOWN_SAMPLINGS[cell.down].macs(shapes, size) + int(cell.shortcut) * pointwise
        macs += CELL_ENDS[cell.end].macs(shapes, size)
    return macs + 18 * channels**2 * size**2


def _cell_macs(cell: Cell, size: int, shapes: Shapes) -> int:
    """``size``: side of the cell's output, in pixels."""
    pointwise = (int(cell.shortcut) + len(cell.sources)) * shapes.channels**2 * size**2
    blocks = 2 * (CONVOLUTIONS[cell.kernel].macs(shapes, size) + NORMALISATIONS[cell.norm].macs(shapes, size))
    up = UP_SAMPLINGS[cell.up]
    doubled = sum(up.macs(shapes.channels, size >> i) for doublings in _doublings(cell) for i in range(doublings))
    return blocks + pointwise + doubled + CELL_ENDS[cell.end].macs(shapes, size)


def _cell_parameters(cell: Cell, shapes: Shapes) -> int:
    pointwise = (int(cell.shortcut) + len(cell.sources)) * (shapes.channels**2 + shapes.channels)
    blocks = 2 * (_parameters(CONVOLUTIONS[cell.kernel], shapes) + _parameters(NORMALISATIONS[cell.norm], shapes))
    doubled = sum(_doublings(cell)) * _parameters(UP_SAMPLINGS[cell.up], shapes)
    return blocks + pointwise + doubled + _parameters(CELL_ENDS[cell.end], shapes)


@functools.lru_cache(maxsize=1024)
def _parameters(operation: Operation, shapes: Shapes) -> int:
    """Those of an operation's layers, which are made without values; of an up-sampling's, to double a map once."""
    with torch.device("meta"):
        if isinstance(operation, UpSampling):
            layers = [operation.doubling(shapes.channels)] if operation.layer else []
        else:
            assert isinstance(operation, LayeredOperation)
            layers = [*operation.layers(shapes).values()]
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def _doublings(cell: Cell) -> list[int]:
    """How often each map that enters the cell is doubled: its input, the shortcut's, and the skips' that it takes."""
    return [1, *([1] if cell.shortcut else []), *(len(cell.skips) - source for source in cell.sources)]
