"""Batch normalisation over one process's share of a batch, or over all ranks'."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from autogan_core.runtime.distributed import World


class BatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation that can take its statistics over all ranks' shares of a batch: see `statistics_across`.

    PyTorch's own SyncBatchNorm runs on GPUs only, and exchanges whenever it trains.
    """

    world: World | None = None
    """The ranks to share statistics with; None: no exchange."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same; N may be 0 on some ranks, not on all."""
        if self.world is None or not self.training:
            return super().forward(x)
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        mean, variance, count = _moments_across(wide, self.world)
        with torch.no_grad():
            self._track(mean, variance * count / (count - 1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (wide * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]).to(x.dtype)

    def _track(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None
        assert self.momentum is not None, "plain averages are for recalibration, which is no common work of the ranks"
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


def _moments_across(x: Tensor, world: World) -> tuple[Tensor, Tensor, Tensor]:
    """Computes the moments of each channel over all ranks' (N, C, H, W).

    Each rank's deviations are from its own mean, and the means' from the common one: a difference of large sums, which
    float32 cannot hold, never arises.

    Returns:
        Mean (C,), biased variance (C,) and number of values per channel.
    """
    channels = x.shape[1]
    own_count = x.numel() // channels
    own_mean = x.sum(dim=(0, 2, 3)) / max(own_count, 1)
    own_squares = (x - own_mean[:, None, None]).square().sum(dim=(0, 2, 3))
    gathered = world.gather(torch.cat([own_mean, own_squares, x.new_tensor([own_count])]))
    means, squares, counts = torch.split(gathered, [channels, channels, 1], dim=1)
    count = counts.sum()
    mean = (counts * means).sum(dim=0) / count
    variance = (squares + counts * (means - mean).square()).sum(dim=0) / count
    return mean, variance, count


@contextmanager
def statistics_across(network: nn.Module, world: World) -> Iterator[None]:
    """Within the context, the network's batch norms in training mode see the batch of all ranks as one.

    Every rank must then run the same layers in the same order; outside, ranks are free to go their own ways.
    """
    if world.size == 1:
        yield
        return
    norms = [module for module in network.modules() if isinstance(module, BatchNorm2d)]
    for norm in norms:
        norm.world = world
    try:
        yield
    finally:
        for norm in norms:
            norm.world = None
