"""Both networks as most people would write them: plain modules, one operator after the other, nothing fused.

They compute what the product's networks compute and name their weights alike, but share no code with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from autogan_core.config import ModelConfig
from autogan_core.search_space import Architecture, Cell, CellSpace, Conv, SearchSpace


class PlainConvBlock(nn.Module):
    """Up-sampling, normalisation, ReLU and a 3x3 convolution, before or behind the activation."""

    def __init__(self, channels: int, conv: Conv, space: CellSpace, first: bool) -> None:
        super().__init__()
        self.pre_activation = conv == "pre"
        self.conv = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.bn = nn.BatchNorm2d(channels) if "bn" in space.norms else None
        self.deconv = _deconv(channels) if first and "deconv" in space.ups else None

    def forward(self, x: Tensor, cell: Cell, first: bool) -> Tensor:
        """(N, C, H, W) -> (N, C, 2H, 2W) in a cell's first block, else (N, C, H, W)."""
        if self.pre_activation:
            x = F.relu(self._normalise(x, cell))
        if first:
            x = _enlarge(x, cell, self.deconv, 2)
        x = self.conv(x)
        return x if self.pre_activation else F.relu(self._normalise(x, cell))

    def _normalise(self, x: Tensor, cell: Cell) -> Tensor:
        if cell.norm == "bn":
            assert self.bn is not None, "the space has no batch normalisation"
            normalised: Tensor = self.bn(x)
            return normalised
        return F.instance_norm(x) if cell.norm == "in" else x


class PlainCell(nn.Module):
    """Two convolution blocks, a shortcut and skip-ins, for every choice of a space."""

    def __init__(self, channels: int, space: CellSpace) -> None:
        super().__init__()
        index, learned = len(space.skips), "deconv" in space.ups
        sources = [j for j, bits in enumerate(space.skips) if True in bits]
        self.block1 = nn.ModuleDict({c: PlainConvBlock(channels, c, space, first=True) for c in space.convs})
        self.block2 = nn.ModuleDict({c: PlainConvBlock(channels, c, space, first=False) for c in space.convs})
        shortcut = True in space.shortcuts
        self.shortcut_conv = nn.Conv2d(channels, channels, 1) if shortcut else None
        self.shortcut_deconv = _deconv(channels) if shortcut and learned else None
        self.skip_convs = nn.ModuleDict({str(j): nn.Conv2d(channels, channels, 1) for j in sources})
        self.skip_deconvs = nn.ModuleDict(
            {str(j): nn.Sequential(*(_deconv(channels) for _ in range(index - j))) for j in sources} if learned else {}
        )

    def forward(self, x: Tensor, maps: Sequence[Tensor], cell: Cell) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) and the earlier cells' maps -> output and own map, both (N, C, 2H, 2W)."""
        h: Tensor = self.block1[cell.conv](x, cell, True)
        for j in cell.sources:
            learned = self.skip_deconvs[str(j)] if cell.up == "deconv" else None
            h = h + self.skip_convs[str(j)](_enlarge(maps[j], cell, learned, 2 ** (len(maps) - j)))
        out: Tensor = self.block2[cell.conv](h, cell, False)
        if cell.shortcut:
            assert self.shortcut_conv is not None, "the space has no shortcut"
            out = out + self.shortcut_conv(_enlarge(x, cell, self.shortcut_deconv, 2))
        return out, h


class PlainGenerator(nn.Module):
    """Latent vectors (N, latent_dim) to images (N, C, S, S) in [-1, 1], along any architecture of a space."""

    def __init__(self, space: SearchSpace, model: ModelConfig, channels: int) -> None:
        super().__init__()
        self._shape = (channels, model.bottom_width, model.bottom_width)
        self.project = nn.Linear(model.latent_dim, channels * model.bottom_width**2)
        self.cells = nn.ModuleList(PlainCell(channels, cell) for cell in space.cells)
        self.to_rgb = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, model.image_channels, 3, padding=1), nn.Tanh()
        )

    def forward(self, z: Tensor, architecture: Architecture) -> Tensor:
        """(N, latent_dim) -> (N, C, S, S), S = bottom_width * 2 ** depth."""
        x: Tensor = self.project(z).view(-1, *self._shape)
        maps: list[Tensor] = []
        for module, cell in zip(self.cells, architecture.cells, strict=False):
            x, intermediate = module(x, maps, cell)
            maps.append(intermediate)
        images: Tensor = self.to_rgb(x)
        return images


class PlainFirstBlock(nn.Module):
    """The discriminator's first block."""

    def __init__(self, image_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = spectral_norm(nn.Conv2d(image_channels, channels, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))
        self.shortcut = spectral_norm(nn.Conv2d(image_channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H/2, W/2)."""
        h = F.avg_pool2d(self.conv2(F.relu(self.conv1(x))), 2)
        shortcut: Tensor = self.shortcut(F.avg_pool2d(x, 2))
        return h + shortcut


class PlainBlock(nn.Module):
    """A residual block of the discriminator; one that halves the map has a convolution in its shortcut."""

    def __init__(self, channels: int, downsample: bool) -> None:
        super().__init__()
        self.conv1 = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))
        self.shortcut = spectral_norm(nn.Conv2d(channels, channels, 1)) if downsample else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same, or (N, channels, H/2, W/2)."""
        h: Tensor = self.conv2(F.relu(self.conv1(F.relu(x))))
        if self.shortcut is None:
            return h + x
        return F.avg_pool2d(h, 2) + F.avg_pool2d(self.shortcut(x), 2)


class PlainDiscriminator(nn.Module):
    """Images (N, C, S, S) of any stage to logits (N, 1)."""

    def __init__(self, model: ModelConfig, channels: int) -> None:
        super().__init__()
        self.first = PlainFirstBlock(model.image_channels, channels)
        self.middle = nn.ModuleList(PlainBlock(channels, downsample=i != 1) for i in range(model.num_cells - 1))
        self.last = PlainBlock(channels, downsample=False)
        self.linear = spectral_norm(nn.Linear(channels, 1, bias=False))

    def forward(self, images: Tensor, stage: int) -> Tensor:
        """(N, C, S, S) of stage ``stage``, from 0 -> (N, 1)."""
        h: Tensor = self.first(images)
        for block in self.middle[:stage]:
            h = block(h)
        logits: Tensor = self.linear(torch.sum(F.relu(self.last(h)), dim=(2, 3)))
        return logits


def _deconv(channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels, channels, kernel_size=2, stride=2)


def _enlarge(x: Tensor, cell: Cell, learned: nn.Module | None, scale: int) -> Tensor:
    if cell.up == "deconv":
        assert learned is not None, "the space has no transposed convolution"
        enlarged: Tensor = learned(x)
        return enlarged
    align = False if cell.up == "bilinear" else None
    return F.interpolate(x, scale_factor=scale, mode=cell.up, align_corners=align)
