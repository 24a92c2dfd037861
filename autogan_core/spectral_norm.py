"""Spectral normalisation of several layers at once (Miyato et al. 2018; paper, section 4: of the discriminator)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INITIAL_ITERATIONS = 15
EPS = 1e-12


class SpectralNorm(nn.Module):
    """Divides weights by estimates of their largest singular values.

    An estimate moves by one power iteration for each forward pass in training mode, like PyTorch's own spectral norm.
    That one launches a dozen small kernels for every layer; here all layers' matrices lie in one zero-padded stack,
    so that a dozen do for all of them.
    """

    left: Tensor
    """Estimates of the left singular vectors, (layers, largest number of outputs), zero beyond a layer's own."""
    right: Tensor
    """The same for the right ones, (layers, largest number of inputs)."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        """``weights``: of every layer, (outputs, ...), as they are initialised."""
        super().__init__()
        self._outputs = max(len(weight) for weight in weights)
        self._inputs = max(math.prod(weight.shape[1:]) for weight in weights)
        used = self._stacked([torch.ones_like(weight) for weight in weights])
        self.register_buffer("left", F.normalize(torch.randn_like(used[:, :, 0]) * used[:, :, 0], dim=1))
        self.register_buffer("right", F.normalize(torch.randn_like(used[:, 0]) * used[:, 0], dim=1))
        stack = self._stacked([weight.detach() for weight in weights])
        for _ in range(INITIAL_ITERATIONS):
            self._iterate(stack)

    def forward(self, weights: Sequence[Tensor]) -> list[Tensor]:
        """The normalised weights of the first ``len(weights)`` layers; those behind them keep their estimates.

        Args:
            weights: float32 or wider, of the shapes that the module was built for; autocast does not touch them.

        Returns:
            The weights, each divided by u^T W v, through which gradients flow; u and v are constants.
        """
        with torch.autocast(weights[0].device.type, enabled=False):
            stack = self._stacked(weights)
            if self.training:
                self._iterate(stack.detach())
            left, right = self.left[: len(weights)].clone(), self.right[: len(weights)].clone()
            sigma = (left * _apply(stack, right)).sum(1)
            return [weight / value for weight, value in zip(weights, sigma.unbind(), strict=True)]

    @torch.no_grad()
    def _iterate(self, stack: Tensor) -> None:
        """One power iteration for each layer of the stack (layers, outputs, inputs)."""
        left = F.normalize(_apply(stack, self.right[: len(stack)]), dim=1, eps=EPS)
        self.left[: len(stack)] = left
        self.right[: len(stack)] = F.normalize(_apply(stack.mT, left), dim=1, eps=EPS)

    def _stacked(self, weights: Sequence[Tensor]) -> Tensor:
        """The weights as matrices, zero-padded to one size: (layers, outputs, inputs)."""
        matrices = [weight.flatten(1) for weight in weights]
        return torch.stack([F.pad(m, (0, self._inputs - m.shape[1], 0, self._outputs - m.shape[0])) for m in matrices])


def _apply(stack: Tensor, vectors: Tensor) -> Tensor:
    """Each matrix (layers, m, n) times its vector (layers, n): (layers, m)."""
    return (stack * vectors.unsqueeze(1)).sum(2)  # on CPUs several times faster than a batched product
