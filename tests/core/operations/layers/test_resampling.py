"""Merged convolutions against the two steps that they stand for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from autogan_core.operations.layers.resampling import convolve_and_pool, interpolate, upsample_and_convolve


def tensors(*shapes: tuple[int, ...]) -> list[Tensor]:
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(shape, dtype=torch.float64, generator=rng).requires_grad_() for shape in shapes]


def assert_same(merged: Tensor, plain: Tensor, inputs: list[Tensor]) -> None:
    """Values and all gradients agree."""
    torch.testing.assert_close(merged, plain, rtol=1e-12, atol=1e-12)
    weights = torch.cos(torch.arange(plain.numel(), dtype=torch.float64)).view(plain.shape)
    gradients = [torch.autograd.grad((y * weights).sum(), inputs) for y in (merged, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4, 6), (8, 8)])
def test_convolving_and_pooling(height: int, width: int) -> None:
    """One strided convolution equals convolution and average pooling, borders included."""
    x, weight, bias = inputs = tensors((3, 2, height, width), (5, 2, 3, 3), (5,))
    plain = F.avg_pool2d(F.conv2d(x, weight, bias, padding=1), 2)
    assert_same(convolve_and_pool(*inputs), plain, inputs)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (8, 8)])
def test_upsampling_and_convolving(height: int, width: int) -> None:
    """One transposed convolution equals nearest up-sampling and convolution, borders included."""
    x, weight, bias = inputs = tensors((3, 2, height, width), (5, 2, 3, 3), (5,))
    plain = F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, bias, padding=1)
    assert_same(upsample_and_convolve(*inputs), plain, inputs)


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_interpolating(method: str, scale: int) -> None:
    """Matrix products give PyTorch's interpolation, for maps that are not square too."""
    [x] = inputs = tensors((2, 3, 3, 4))
    corners = {"align_corners": False} if method == "bilinear" else {}
    plain = F.interpolate(x, scale_factor=scale, mode=method, **corners)
    assert_same(interpolate(x, method, scale), plain, inputs)  # type: ignore[arg-type]


def test_interpolating_keeps_the_memory_layout() -> None:
    """What comes in channels last goes out channels last, without a copy behind."""
    x = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    assert interpolate(x, "bilinear", 2).is_contiguous(memory_format=torch.channels_last)
