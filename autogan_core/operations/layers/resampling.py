"""Resampling of maps, alone and merged with the convolution next to it.

A convolution and a resampling beside it are both linear, so one convolution can do the work of both: with fewer
multiplications, and without the larger map in between. Results are those of the two steps, up to rounding.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Interpolation = Literal["bilinear", "nearest"]


def interpolate(x: Tensor, method: Interpolation, scale: int) -> Tensor:
    """Enlarges a feature map.

    Args:
        x: (N, C, H, W).
        method: bilinear (``align_corners=False``) or nearest.
        scale: the factor.

    Returns:
        (N, C, scale * H, scale * W).
    """
    if method == "nearest":
        return F.interpolate(x, scale_factor=scale, mode="nearest")
    # As two matrix products: the gradient of PyTorch's own bilinear kernel adds in random order on GPUs.
    count, channels, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).reshape(count * height, width, channels)
    wide = torch.matmul(_interpolation_matrix(width, scale, x.dtype, x.device), rows)
    columns = wide.view(count, height, scale * width * channels)
    enlarged = torch.matmul(_interpolation_matrix(height, scale, x.dtype, x.device), columns)
    return enlarged.view(count, scale * height, scale * width, channels).permute(0, 3, 1, 2)


def upsample_and_convolve(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Doubles a map by nearest-neighbour interpolation, then convolves it: 16 instead of 36 products a value.

    Args:
        x: (N, C, H, W).
        weight: (O, C, 3, 3), of a convolution padded by 1.
        bias: (O,).

    Returns:
        (N, O, 2H, 2W).
    """
    # Each pixel meets the sum of those kernel values that fall on its four copies.
    return F.conv_transpose2d(x, _box(weight.flip(2, 3).transpose(0, 1)), bias, stride=2, padding=1)


def convolve_and_pool(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Convolves a map, then averages 2x2 blocks: 16 instead of 36 products a value.

    Args:
        x: (N, C, H, W), H and W even.
        weight: (O, C, 3, 3), of a convolution padded by 1.
        bias: (O,).

    Returns:
        (N, O, H/2, W/2).
    """
    return F.conv2d(x, _box(weight) / 4, bias, stride=2, padding=1)


def _box(weight: Tensor) -> Tensor:
    """3x3 kernels, each added up at the four places of a 2x2 block: (O, C, 4, 4)."""
    padded = F.pad(weight, (1, 1, 1, 1))
    rows = padded[:, :, 1:] + padded[:, :, :-1]
    return rows[..., 1:] + rows[..., :-1]


def forget_matrices() -> None:
    """Drops the matrices that `interpolate` keeps; it makes them anew."""
    _interpolation_matrix.cache_clear()


@lru_cache(maxsize=64)
def _interpolation_matrix(size: int, scale: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(scale * size, size): a column holds what one pixel gives to each of a row's enlarged pixels."""
    pixels = torch.eye(size, dtype=torch.float64)[None]
    enlarged = F.interpolate(pixels, scale_factor=scale, mode="linear", align_corners=False)
    return enlarged[0].T.contiguous().to(device, dtype)
