"""Generated images as PNG files."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from autogan_core.storage import write_atomically

BORDER = 1
"""Pixels between the images of a grid."""


def image_grid(images: Tensor, columns: int | None = None) -> Image.Image:
    """Arranges images in a grid with white borders, one image pixel per picture pixel.

    Args:
        images: uint8, shape (N, C, H, W), C 1 or 3, N >= 1.
        columns: of the grid; None: as many as make it nearly square.

    Returns:
        The picture, RGB or greyscale.
    """
    count, channels, height, width = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    cell = (height + BORDER, width + BORDER)
    canvas = np.full((rows * cell[0] - BORDER, columns * cell[1] - BORDER, channels), 255, dtype=np.uint8)
    for i, image in enumerate(images.cpu().numpy()):
        top, left = (i // columns) * cell[0], (i % columns) * cell[1]
        canvas[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return Image.fromarray(canvas if channels == 3 else canvas[..., 0])


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file's content."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def write_grid(images: Tensor, path: Path) -> None:
    """Writes one PNG that shows all images (uint8, (N, C, H, W))."""
    write_atomically(path, png(image_grid(images)))


def write_single_images(images: Tensor, folder: Path) -> None:
    """Writes each image (uint8, (N, C, H, W)) as ``00000.png``, ``00001.png``, ... into a folder."""
    for i in range(len(images)):
        write_atomically(folder / f"{i:05d}.png", png(image_grid(images[i : i + 1])))
