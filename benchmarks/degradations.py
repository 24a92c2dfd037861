"""Ways to make real images worse by a known amount: a set that is degraded more has to get worse scores."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Degradation = Callable[[Tensor, Tensor, float, torch.Generator], Tensor]
"""Images uint8 (N, C, S, S), their labels (N,), a strength from 0 (no change) to 1, a generator -> images, uint8."""
PATCHES = 4
"""Images are cut into so many patches along each side."""


def blurred(images: Tensor, labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Smoothed by a Gaussian of up to a pixel."""
    if not strength:
        return images
    weights = torch.exp(-0.5 * (torch.arange(-3, 4) / strength) ** 2)
    kernel, channels = weights / weights.sum(), images.shape[1]
    x = F.pad(images.float(), (3, 3, 3, 3), mode="replicate")
    x = F.conv2d(x, kernel.view(1, 1, 1, 7).expand(channels, 1, 1, 7), groups=channels)
    return _bytes(F.conv2d(x, kernel.view(1, 1, 7, 1).expand(channels, 1, 7, 1), groups=channels))


def noisy(images: Tensor, labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Adds Gaussian noise of a standard deviation of up to 32 of 255."""
    return _bytes(images + 32 * strength * torch.randn(images.shape, generator=generator))


def shuffled(images: Tensor, labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Patches at other places, in a share of the images."""
    count, channels, size, _ = images.shape
    side = size // PATCHES
    patches = images.unfold(2, side, side).unfold(3, side, side).reshape(count, channels, PATCHES**2, side, side)
    order = torch.rand(count, PATCHES**2, generator=generator).argsort(1)[:, None, :, None, None].expand_as(patches)
    grid = patches.gather(2, order).view(count, channels, PATCHES, PATCHES, side, side)
    return _in_a_share(images, grid.permute(0, 1, 2, 4, 3, 5).reshape(images.shape), strength, generator)


def mixed(images: Tensor, labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """The mean of two images, in a share of the images."""
    return _in_a_share(images, _bytes((images.float() + images.roll(1, 0).float()) / 2), strength, generator)


def without_classes(images: Tensor, labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Images of the first classes replaced by others, up to all but one class: dropped modes."""
    classes = int(labels.max()) + 1
    kept = images[labels >= round(strength * (classes - 1))]
    return kept[torch.randint(len(kept), (len(images),), generator=generator)] if strength else images


def repeated(images: Tensor, labels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Few images over and over, down to ten different ones: collapsed modes."""
    kept = math.ceil(len(images) * (10 / len(images)) ** strength)
    return images[torch.arange(len(images)) % kept]


DEGRADATIONS: dict[str, Degradation] = {
    "blur": blurred,
    "noise": noisy,
    "shuffled patches": shuffled,
    "mixed pairs": mixed,
    "dropped classes": without_classes,
    "repeated images": repeated,
}


def _in_a_share(images: Tensor, changed: Tensor, share: float, generator: torch.Generator) -> Tensor:
    chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < share
    return torch.where(chosen, changed, images)


def _bytes(images: Tensor) -> Tensor:
    return images.round().clamp(0, 255).to(torch.uint8)
