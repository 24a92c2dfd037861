"""What training changes in images, and what it must leave alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from autogan_core.metrics.features.augmentation import augmented


def edges(channels: int) -> Tensor:
    """200 equal images 16x16, black on the left and white on the right."""
    row = torch.tensor([0] * 8 + [255] * 8, dtype=torch.uint8)
    return row.expand(200, channels, 16, 16).contiguous()


@pytest.mark.parametrize(("channels", "mirrored"), [(1, False), (3, True)])
def test_only_colour_images_are_mirrored(channels: int, mirrored: bool) -> None:
    """A bright left border, which no move by a pixel makes, is seen in about half of the colour images alone."""
    images = augmented(edges(channels), torch.Generator().manual_seed(0))
    bright = (images[:, 0, :, 0] == 255).any(1).float().mean().item()
    assert 0.3 < bright < 0.7 if mirrored else bright == 0


def test_images_are_moved_by_a_pixel_at_most() -> None:
    """Borders lie where they lay or one pixel beside, and no pixel gets a value of its own."""
    images = augmented(edges(1), torch.Generator().manual_seed(0))[:, 0]
    assert set((images == 0).sum(2).flatten().tolist()) == {7, 8, 9}
    assert set(images.flatten().tolist()) == {0, 255}


@pytest.mark.parametrize(("channels", "size"), [(1, 4), (3, 5), (3, 48)])
def test_shape_and_type_stay_and_the_seed_decides(channels: int, size: int) -> None:
    """Any size comes back as it was, and the same generator changes images alike."""
    images = torch.randint(256, (7, channels, size, size), dtype=torch.uint8)
    first, second = (augmented(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first.shape == images.shape
    assert first.dtype == torch.uint8
    assert torch.equal(first, second)
