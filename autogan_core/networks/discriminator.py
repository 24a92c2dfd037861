"""The discriminator: fixed blocks that grow with the search's stages (paper, section 3; supplement)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autogan_core.config import ModelConfig
from autogan_core.networks.checkpointing import run_part
from autogan_core.networks.precision import reduced
from autogan_core.networks.spectral_norm import SpectralNorm
from autogan_core.operations.layers.resampling import convolve_and_pool

Weights = Mapping[nn.Module, Tensor]
"""Layer -> the weight that it computes with."""


class FirstBlock(nn.Module):
    """Convolution, ReLU, convolution, pooling; the shortcut pools before its 1x1 convolution."""

    def __init__(self, image_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(image_channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(image_channels, channels, 1)

    def forward(self, x: Tensor, weights: Weights) -> Tensor:
        """(N, C, H, W) -> (N, channels, H/2, W/2)."""
        h = F.relu(F.conv2d(x, weights[self.conv1], self.conv1.bias, padding=1), inplace=True)
        h = convolve_and_pool(h, weights[self.conv2], self.conv2.bias)
        return h + F.conv2d(F.avg_pool2d(x, 2), weights[self.shortcut], self.shortcut.bias)


class Block(nn.Module):
    """Pre-activation residual block; one that halves the map has a 1x1 convolution in its shortcut."""

    def __init__(self, channels: int, downsample: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(channels, channels, 1) if downsample else None

    def forward(self, x: Tensor, weights: Weights) -> Tensor:
        """(N, channels, H, W) -> the same, or (N, channels, H/2, W/2) when it halves the map."""
        h = F.relu(F.conv2d(F.relu(x), weights[self.conv1], self.conv1.bias, padding=1), inplace=True)
        if self.shortcut is None:
            return F.conv2d(h, weights[self.conv2], self.conv2.bias, padding=1) + x
        # Pooling and a 1x1 convolution commute; the smaller map costs a quarter.
        shortcut = F.conv2d(F.avg_pool2d(x, 2), weights[self.shortcut], self.shortcut.bias)
        return convolve_and_pool(h, weights[self.conv2], self.conv2.bias) + shortcut


class BaseDiscriminator(nn.Module):
    """Any discriminator: called with images (N, C, S, S) and a search stage it returns logits (N, 1), unbounded.

    A conditional one is called with the images' labels (N,) as well, a searched one with the ``cells`` of its path.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dtype = torch.float32
        """What the convolutions compute in: see `precision.reduced`. The logits are float32 in any case."""
        self.checkpointing = False
        """Whether training keeps the inputs of blocks alone: see `checkpointing.run_part`."""

    def judge(
        self, real: Tensor, fake: Tensor, stage: int, labels: Tensor | None = None, **path: Any
    ) -> tuple[Tensor, Tensor]:
        """Judges both kinds of images.

        Args:
            real: (N, C, S, S) in [-1, 1].
            fake: generated ones, (M, C, S, S) in [-1, 1].
            stage: as in the forward pass.
            labels: of the real images, then of the generated ones, int64 (N + M,), for a conditional discriminator.
            path: ``cells``, for a searched one.

        Returns:
            Logits of the real images (N, 1) and of the generated ones (M, 1).
        """
        logits = self(torch.cat([real, fake]), stage, *(() if labels is None else (labels,)), **path)
        return logits[: len(real)], logits[len(real) :]


class Discriminator(BaseDiscriminator):
    """Real or generated, for the images of any stage.

    Stage s runs the first block, s middle blocks and the last block; all exist from the start, and stages only add to
    the path. The second block halves the map, the third does not (the paper's three stages); blocks beyond, which the
    paper has none of, halve it again. No normalisation layers. The features are summed over the map (the released
    code's comment says average), then one linear layer without bias.

    Spectral norm covers every convolution and the linear layers (paper, section 4: on the discriminator only).

    With classes, a logit has a further part: the product of the features with a vector of the image's class
    (projection: Miyato and Koyama, ICLR 2018, equation 4). An image without a label is judged without it.
    """

    def __init__(self, model: ModelConfig, channels: int, *, spectral_norm: bool = True) -> None:
        super().__init__()
        self.first = FirstBlock(model.image_channels, channels)
        self.middle = nn.ModuleList(Block(channels, downsample=i != 1) for i in range(model.depth - 1))
        self.last = Block(channels, downsample=False)
        self.linear = nn.Linear(channels, 1, bias=False)
        self.projection = nn.Linear(channels, model.classes, bias=False) if model.classes else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
        every = [layer.weight for layer in self._layers(len(self.middle))]
        self.spectral_norm = SpectralNorm(every) if spectral_norm else None

    def forward(self, images: Tensor, stage: int, labels: Tensor | None = None) -> Tensor:
        """Computes one unbounded logit for each image.

        Args:
            images: (N, C, S, S) in [-1, 1], of the stage's size.
            stage: search stage from 0; a full generator's images belong to the last one.
            labels: int64 (N,), what the images show or should show, -1 where that is unknown; with classes they are
                needed.

        Returns:
            (N, 1).
        """
        weights = self.weights(stage)
        with reduced(images.device, self.dtype):
            h = images
            for block in (self.first, *self.middle[:stage], self.last):
                h = run_part(block, h, weights, checkpointed=self.checkpointing)
            features = F.relu(h, inplace=True)
        projection = None if self.projection is None else weights[self.projection]
        return projected(self.pool(features), weights[self.linear], projection, labels)

    def pool(self, features: Tensor) -> Tensor:
        """What the linear layer sees of the last map: (N, channels, H, W) -> (N, channels), float32 or wider."""
        return summed(features)

    def weights(self, stage: int) -> Weights:
        """What the layers of a stage compute with; in training mode every call makes a power iteration."""
        layers = self._layers(stage)
        weights = [layer.weight for layer in layers]
        return dict(zip(layers, self.spectral_norm(weights) if self.spectral_norm else weights, strict=True))

    def _layers(self, stage: int) -> list[nn.Conv2d | nn.Linear]:
        """Layers of a stage, so ordered that every stage's are the first ones of the next."""
        blocks = [self.first, self.last, *self.middle[:stage]]
        convolutions = [layer for block in blocks for layer in block.modules() if isinstance(layer, nn.Conv2d)]
        linear = [self.linear] if self.projection is None else [self.linear, self.projection]
        return [*linear, *convolutions]


def summed(features: Tensor) -> Tensor:
    """Sums features over the map: (N, C, H, W) -> (N, C), float32 or wider."""
    return features.sum(dim=(2, 3), dtype=torch.promote_types(features.dtype, torch.float32))


def projected(pooled: Tensor, linear: Tensor, projection: Tensor | None, labels: Tensor | None) -> Tensor:
    """The logits of pooled features, with a part for the labels where there are classes: see `Discriminator`.

    Args:
        pooled: (N, C).
        linear: weight of the linear layer, (1, C).
        projection: vectors of the classes, (classes, C); None: there are none.
        labels: int64 (N,), -1 where unknown; needed with classes.

    Returns:
        (N, 1).
    """
    logits = F.linear(pooled, linear)
    if projection is None:
        return logits
    assert labels is not None, "a conditional discriminator needs labels"
    vectors = F.embedding(labels.clamp(min=0), projection) * (labels >= 0)[:, None]
    return logits + (pooled * vectors).sum(1, keepdim=True)
