"""Spectral normalisation of several layers at once (Miyato et al. 2018; paper, section 4: of the discriminator)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INITIAL_ITERATIONS = 15
EPS = 1e-12


class SpectralNorm(nn.Module):
    """Divides weights by estimates of their largest singular values.

    An estimate moves by one power iteration for each forward pass in training mode, like PyTorch's own spectral norm.
    That one launches dozens of small kernels for every layer; here all layers' matrices lie in one zero-padded stack,
    so that dozens do for all of them.
    """

    left: Tensor
    """Estimates of the left singular vectors, (layers, largest number of outputs), zero beyond a layer's own."""
    right: Tensor
    """Right singular vectors, (layers, largest number of inputs); inputs in the order height, width, channel."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        """``weights``: of every layer, (O, I) or (O, I, H, W), as they are initialised."""
        super().__init__()
        self._size = max(len(weight) for weight in weights), max(math.prod(weight.shape[1:]) for weight in weights)
        used = _stacked([torch.ones_like(weight) for weight in weights], self._size)
        self.register_buffer("left", F.normalize(torch.randn_like(used[:, :, 0]) * used[:, :, 0], dim=1))
        self.register_buffer("right", F.normalize(torch.randn_like(used[:, 0]) * used[:, 0], dim=1))
        stack = _stacked(weights, self._size)
        for _ in range(INITIAL_ITERATIONS):
            self._iterate(stack, slice(len(stack)))

    def forward(self, weights: Sequence[Tensor], rows: Tensor | None = None) -> list[Tensor]:
        """The normalised weights of some layers; the others keep their estimates.

        Args:
            weights: float32 or wider, of the shapes that the module was built for; autocast does not touch them.
            rows: which layers they are of, int64 (layers,); None: the first ones.

        Returns:
            The weights, each divided by u^T W v, through which gradients flow; u and v are constants.
        """
        which = slice(len(weights)) if rows is None else rows
        with torch.autocast(weights[0].device.type, enabled=False):
            stack = _stacked(weights, self._size)
            if self.training:
                self._iterate(stack, which)
            left, right = self.left[which].clone(), self.right[which].clone()
            return list(_Normalised.apply(stack, left, right, *weights))

    @torch.no_grad()
    def _iterate(self, stack: Tensor, which: slice | Tensor) -> None:
        """One power iteration for each layer of the stack (layers, outputs, inputs)."""
        left = F.normalize(_apply(stack, self.right[which]), dim=1, eps=EPS)
        self.left[which] = left
        self.right[which] = F.normalize(_apply(stack.mT, left), dim=1, eps=EPS)


class _Normalised(torch.autograd.Function):
    """W / s with s = u^T W v for a stack of layers, and its gradient (G - <G, W> / s u v^T) / s."""

    @staticmethod
    def forward(ctx: Any, stack: Tensor, left: Tensor, right: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
        sigma = (left * _apply(stack, right)).sum(1)[:, None, None]
        ctx.save_for_backward(stack, left, right, sigma)
        ctx.shapes = [weight.shape for weight in weights]
        return _unstacked(stack / sigma, ctx.shapes)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        stack, left, right, sigma = ctx.saved_tensors
        given = _stacked(gradients, stack.shape[1:])
        along = torch.linalg.vecdot(given.flatten(1), stack.flatten(1))[:, None, None] / sigma
        given.baddbmm_(left[:, :, None] * along, right[:, None], alpha=-1).div_(sigma)
        return None, None, None, *_unstacked(given, ctx.shapes)


@torch.no_grad()
def _stacked(weights: Sequence[Tensor], size: Sequence[int]) -> Tensor:
    """Weights as matrices, zero-padded to one size: (layers, outputs, inputs)."""
    stack = weights[0].new_zeros(len(weights), *size)
    for matrix, weight in zip(stack, weights, strict=True):
        # The inputs in this order lie side by side where weights are channels_last.
        rows = weight if weight.dim() == 2 else weight.permute(0, 2, 3, 1).flatten(1)
        matrix[: len(rows), : rows.shape[1]] = rows
    return stack


def _unstacked(stack: Tensor, shapes: Sequence[torch.Size]) -> tuple[Tensor, ...]:
    """The inverse of `_stacked`, as views."""
    weights = []
    for matrix, shape in zip(stack, shapes, strict=True):
        rows = matrix[: shape[0], : shape[1:].numel()]
        weights.append(rows if len(shape) == 2 else rows.view(shape[0], *shape[2:], shape[1]).permute(0, 3, 1, 2))
    return tuple(weights)


def _apply(stack: Tensor, vectors: Tensor) -> Tensor:
    """Each matrix (layers, m, n) times its vector (layers, n): (layers, m)."""
    return (stack * vectors.unsqueeze(1)).sum(2)  # on CPUs several times faster than a batched product
