"""Gradients added up over ranks while the backward pass is still going on."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.distributed import Work

from autogan_core.runtime.distributed import World

BUCKET_BYTES = 1 << 20
"""Gradients that are exchanged together: large enough for the network, small enough to begin early."""


class GradientSum:
    """Collects gradients as the backward pass completes them and exchanges a bucket of them whenever one is full.

    All ranks must run the same layers, so that their gradients come in the same order; weights that a pass does not
    use take no part. In a world of one there is nothing to do.
    """

    def __init__(self, world: World, weights: Iterable[Tensor]) -> None:
        self._world = world
        self._ready: list[Tensor] = []
        self._bytes = 0
        self._exchanges: list[tuple[list[Tensor], Tensor, Work]] = []
        if world.size > 1:
            for weight in weights:
                weight.register_post_accumulate_grad_hook(self._take)  # type: ignore[no-untyped-call]

    def finish(self) -> None:
        """Waits until every gradient of the pass is the sum over all ranks."""
        self._exchange()
        for gradients, total, work in self._exchanges:
            work.wait()
            for gradient, part in zip(gradients, torch.split(total, [g.numel() for g in gradients]), strict=True):
                gradient.copy_(part.view(gradient.shape))
        self._exchanges.clear()

    def _take(self, weight: Tensor) -> None:
        assert weight.grad is not None, "the hook runs behind its accumulation"
        self._ready.append(weight.grad)
        self._bytes += weight.grad.nbytes
        if self._bytes >= BUCKET_BYTES:
            self._exchange()

    def _exchange(self) -> None:
        if self._ready:
            total = torch.cat([gradient.flatten() for gradient in self._ready])
            self._exchanges.append((self._ready, total, self._world.start_sum(total)))
            self._ready, self._bytes = [], 0
