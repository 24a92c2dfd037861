"""Sizes, channels and value ranges of batches of images."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F


def to_float(images: Tensor) -> Tensor:
    """Bytes to the range that the networks work in.

    Args:
        images: uint8, any shape.

    Returns:
        float32 of the same shape in [-1, 1]: ``x / 127.5 - 1``.
    """
    return images.float() / 127.5 - 1


def to_uint8(images: Tensor) -> Tensor:
    """A generator's output to bytes, as the released code does it before scoring: fractions are cut off.

    Args:
        images: floating point, any shape; values outside [-1, 1] are clamped.

    Returns:
        uint8 of the same shape: ``x * 127.5 + 127.5``, truncated.
    """
    # float32 first: bfloat16 has too few bits to tell neighbouring bytes apart.
    return (images.float() * 127.5 + 127.5).clamp(0, 255).to(torch.uint8)


def resize(images: Tensor, size: int, mode: Literal["bilinear", "bicubic"] = "bilinear") -> Tensor:
    """Antialiased resizing of square images, in PyTorch's integer arithmetic (bilinear: Pillow's values, bit by bit).

    Args:
        images: uint8 (N, C, S, S).
        size: wanted side, in pixels.
        mode: the filter.

    Returns:
        uint8 (N, C, size, size); ``images`` themselves when they have that size.
    """
    if images.shape[-1] == size:
        return images
    return F.interpolate(images, size=(size, size), mode=mode, antialias=True)


def to_channels(images: Tensor, channels: int) -> Tensor:
    """Grey images repeated to RGB, or RGB images reduced to luma (ITU-R 601, rounded).

    Args:
        images: uint8 (N, C, H, W), C = 1 or 3.
        channels: wanted C, 1 or 3.

    Returns:
        uint8 (N, channels, H, W); ``images`` themselves when they have so many.
    """
    if images.shape[1] == channels:
        return images
    if channels == 3:
        return images.repeat(1, 3, 1, 1)
    red, green, blue = images.int().unbind(1)
    luma = (299 * red + 587 * green + 114 * blue + 500) // 1000
    return luma.to(torch.uint8).unsqueeze(1)
