"""scikit-learn's handwritten digits, which need no download: 1,797 grey images of 8x8 pixels in 10 classes."""

from __future__ import annotations

from pathlib import Path

import torch

from autogan_core.config import ModelConfig
from autogan_core.data.base.pixels import resize
from autogan_core.data.base.source import Source, Split

MAX_VALUE = 16
"""The brightest value: each pixel counts the dots set in a block of 4x4."""


def open_digits(path: Path | None, model: ModelConfig) -> Source:
    """Opens scikit-learn's digits, scaled to 0..255 and to the model's size.

    Args:
        path: not used; the images come with scikit-learn.
        model: gives the size.

    Returns:
        1,797 training images, uint8 (N, 1, S, S), with labels in [0, 9]; no test images.
    """
    from sklearn.datasets import load_digits  # takes a second or two to import, and few processes read the digits

    digits = load_digits()
    grey = torch.from_numpy(digits.images * (255 / MAX_VALUE)).round().to(torch.uint8).unsqueeze(1)
    # Bicubic: at 16x16 the strokes keep their contrast, where bilinear blurs them.
    pixels = resize(grey, model.image_size, mode="bicubic")
    return Source(
        Split(pixels, torch.from_numpy(digits.target).long()), num_classes=10, class_names=tuple(map(str, range(10)))
    )
