"""One cell of the generator: two 3x3 convolution blocks, a shortcut and skip-ins (paper, section 3.1, Figure 2).

The same class serves the weight-sharing supernet and a derived generator: it builds the layers that its `CellSpace`
can use and no others, under the same names, so a derived generator's weights are a subset of the supernet's.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autogan_core.networks.checkpointing import run_part
from autogan_core.networks.class_affine import ClassAffine
from autogan_core.networks.resampling import interpolate, upsample_and_convolve
from autogan_core.runtime.distributed import World
from autogan_core.search_space import Cell, CellSpace, Conv, Norm, Up


def deconv(channels: int) -> nn.ConvTranspose2d:
    """The learned up-sampling: a 2x2 transposed convolution of stride 2."""
    return nn.ConvTranspose2d(channels, channels, kernel_size=2, stride=2)


def upsample(x: Tensor, up: Up, learned: nn.Module | None, scale: int = 2) -> Tensor:
    """Enlarges a map by the cell's own method.

    Args:
        x: (N, C, H, W).
        up: bilinear (``align_corners=False``), nearest, or deconv.
        learned: the transposed convolutions that make up ``scale``; only used by deconv.
        scale: the factor, a power of two.

    Returns:
        (N, C, scale * H, scale * W).
    """
    if up == "deconv":
        assert learned is not None, "the cell space has no deconv"
        enlarged: Tensor = learned(x)
        return enlarged
    return interpolate(x, up, scale)


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


class ConvBlock(nn.Module):
    """Up-sampling (in a cell's first block), normalisation, ReLU and a 3x3 convolution, in one of two orders.

    ``pre``: norm, ReLU, up, convolution. ``post``: up, convolution, norm, ReLU. Weights are shared across norms and
    up-sampling methods, and never between pre and post (released code). Class-conditional batch norm is the batch norm
    that ``bn`` uses, followed by a scale and a shift for each class.
    """

    def __init__(self, channels: int, conv: Conv, norms: Sequence[Norm], ups: Sequence[Up], classes: int = 0) -> None:
        super().__init__()
        self.pre_activation = conv == "pre"
        self.conv = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.bn = BatchNorm2d(channels) if "bn" in norms or "cbn" in norms else None
        self.class_affine = ClassAffine(classes, channels) if "cbn" in norms else None
        self.deconv = deconv(channels) if "deconv" in ups else None

    def forward(self, x: Tensor, norm: Norm, up: Up | None, labels: Tensor | None = None) -> Tensor:
        """(N, C, H, W) -> (N, C, 2H, 2W), or (N, C, H, W) when ``up`` is None; ``labels`` (N,) for cbn."""
        # In place where nothing else needs the values: new memory costs more than the arithmetic. (PyTorch's instance
        # norm returns a view, whose gradient would be copied about.)
        if self.pre_activation:
            return self._convolve(F.relu(self._normalise(x, norm, labels), inplace=norm in ("bn", "cbn")), up)
        return F.relu(self._normalise(self._convolve(x, up), norm, labels), inplace=norm != "in")

    def _convolve(self, x: Tensor, up: Up | None) -> Tensor:
        if up == "nearest":
            return upsample_and_convolve(x, self.conv.weight, self.conv.bias)
        convolved: Tensor = self.conv(x if up is None else upsample(x, up, self.deconv))
        return convolved

    def _normalise(self, x: Tensor, norm: Norm, labels: Tensor | None) -> Tensor:
        if norm == "none":
            return x
        if norm == "in":
            return F.instance_norm(x)
        assert self.bn is not None, "the cell space has no batch normalisation"
        normalised: Tensor = self.bn(x)
        if norm == "bn":
            return normalised
        assert self.class_affine is not None and labels is not None, "the cell space has no class-conditional norm"
        conditioned: Tensor = self.class_affine(normalised, labels)
        return conditioned


class GeneratorCell(nn.Module):
    """A cell that doubles its input, for every choice that a `CellSpace` allows.

    Every addition is out of place: the released code adds into ReLU's saved output, with which 74 % of the space
    cannot be trained on PyTorch since 1.10. Layers that no choice can reach are not built (the released supernet
    registers eleven such transposed convolutions).
    """

    def __init__(self, channels: int, space: CellSpace, classes: int = 0) -> None:
        super().__init__()
        learned = "deconv" in space.ups
        sources = [j for j, bits in enumerate(space.skips) if True in bits]
        self.block1 = nn.ModuleDict({c: ConvBlock(channels, c, space.norms, space.ups, classes) for c in space.convs})
        self.block2 = nn.ModuleDict({c: ConvBlock(channels, c, space.norms, (), classes) for c in space.convs})
        self.shortcut_conv = nn.Conv2d(channels, channels, 1) if True in space.shortcuts else None
        self.shortcut_deconv = deconv(channels) if learned and self.shortcut_conv is not None else None
        self.skip_convs = nn.ModuleDict({str(j): nn.Conv2d(channels, channels, 1) for j in sources})
        self.skip_deconvs = nn.ModuleDict(
            {str(j): nn.Sequential(*(deconv(channels) for _ in range(len(space.skips) - j))) for j in sources}
            if learned
            else {}
        )

    def forward(
        self, x: Tensor, maps: Sequence[Tensor], cell: Cell, labels: Tensor | None = None, checkpointed: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Runs the choices of ``cell``.

        Args:
            x: the previous cell's output (N, C, H, W).
            maps: the intermediate maps of all earlier cells, first cell first.
            cell: choices that lie in this module's space.
            labels: int64 (N,), for class-conditional normalisation.
            checkpointed: whether training keeps the inputs of blocks, skips and shortcut alone: see `run_part`. Of a
                whole cell it would save less: the last one holds three quarters of all that is kept.

        Returns:
            The output (N, C, 2H, 2W), and the intermediate map behind block 1 of the same shape, which later cells
            take in. It includes this cell's own skip-ins, as in the released code; Figure 3 draws it before them.
        """
        part = functools.partial(run_part, checkpointed=checkpointed)
        h: Tensor = part(self.block1[cell.conv], x, cell.norm, cell.up, labels)
        for j in cell.sources:
            learned = self.skip_deconvs[str(j)] if cell.up == "deconv" else None
            h = h + part(_enlarged, maps[j], cell.up, learned, self.skip_convs[str(j)], 2 ** (len(maps) - j))
        out: Tensor = part(self.block2[cell.conv], h, cell.norm, None, labels)
        if cell.shortcut:
            assert self.shortcut_conv is not None, "the cell space has no shortcut"
            out = out + part(_enlarged, x, cell.up, self.shortcut_deconv, self.shortcut_conv, 2)
        return out, h


def _enlarged(x: Tensor, up: Up, learned: nn.Module | None, pointwise: nn.Module, scale: int) -> Tensor:
    """Up-samples (N, C, H, W), then applies a 1x1 convolution.

    Interpolation weights add up to 1, so it commutes with the convolution, which is cheaper on the small map.

    Returns:
        (N, C, scale * H, scale * W).
    """
    if up == "deconv":
        enlarged: Tensor = pointwise(upsample(x, up, learned, scale))
        return enlarged
    return interpolate(pointwise(x), up, scale)
