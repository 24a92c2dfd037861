"""Image grids and files, pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.report.figures.png import image_grid, write_grid, write_single_images


@pytest.mark.parametrize(("count", "size"), [(1, (4, 3)), (2, (9, 3)), (5, (14, 7)), (9, (14, 11))])
def test_grids_are_near_square(count: int, size: tuple[int, int]) -> None:
    """Images of 4 by 3 pixels stand one pixel apart."""
    assert image_grid(torch.zeros(count, 1, 3, 4, dtype=torch.uint8)).size == size


@pytest.mark.parametrize("channels", [1, 3])
def test_every_image_stands_unchanged_in_its_place(tmp_path: Path, channels: int) -> None:
    """Read back from the files, grid cells and single images have the very pixels that were given."""
    images = torch.randint(0, 256, (5, channels, 3, 4), dtype=torch.uint8)
    write_grid(images, tmp_path / "grid.png")
    write_single_images(images, tmp_path / "single")
    with Image.open(tmp_path / "grid.png") as picture:
        grid = np.asarray(picture).reshape(7, 14, channels)
    for i, image in enumerate(images.permute(0, 2, 3, 1).numpy()):
        top, left = i // 3 * 4, i % 3 * 5
        assert (grid[top : top + 3, left : left + 4] == image).all()
        with Image.open(tmp_path / "single" / f"{i:05d}.png") as picture:
            assert (np.asarray(picture).reshape(3, 4, channels) == image).all()
    assert (grid[3] == 255).all()
