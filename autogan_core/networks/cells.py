"""One cell of the generator: two convolution blocks, a shortcut and skip-ins (paper, section 3.1, Figure 2).

The same class serves the weight-sharing supernet and a derived generator: it builds the layers that its `CellSpace`
can use and no others, under the same names, so a derived generator's weights are a subset of the supernet's.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from autogan_core.networks.checkpointing import run_part
from autogan_core.networks.operation_layers import OperationLayers, add_missing
from autogan_core.operations import (
    CELL_ENDS,
    CONVOLUTIONS,
    NORMALISATIONS,
    UP_SAMPLINGS,
    Given,
    Layers,
    Shapes,
    UpSampling,
)
from autogan_core.search_space import Cell, CellSpace, Conv


class ConvBlock(nn.Module):
    """Up-sampling (in a cell's first block), normalisation, ReLU and a convolution, in one of two orders.

    ``pre``: norm, ReLU, up, convolution. ``post``: up, convolution, norm, ReLU. Weights are shared across norms and
    up-sampling methods, and never between pre and post (released code).
    """

    def __init__(self, shapes: Shapes, conv: Conv, space: CellSpace, *, first: bool) -> None:
        super().__init__()
        self.pre_activation = conv == "pre"
        for word in space.kernels:
            add_missing(self, CONVOLUTIONS[word].layers(shapes))
        for word in space.norms:
            add_missing(self, NORMALISATIONS[word].layers(shapes))
        for up in _learned(space.ups) if first else ():
            self.add_module(up.layer, up.doubling(shapes.channels))

    def forward(self, x: Tensor, cell: Cell, given: Given, enlarge: bool) -> Tensor:
        """(N, C, H, W) -> (N, C, 2H, 2W), or (N, C, H, W) without enlarging, by the choices of ``cell``."""
        norm, convolution, layers = NORMALISATIONS[cell.norm], CONVOLUTIONS[cell.kernel], self._layers
        # In place where nothing else needs the values: new memory costs more than the arithmetic.
        if self.pre_activation:
            return self._convolve(F.relu(norm(x, layers, given), inplace=norm.fresh), cell, given, enlarge)
        convolved = self._convolve(x, cell, given, enlarge)
        return F.relu(norm(convolved, layers, given), inplace=convolution.fresh if norm.identity else norm.fresh)

    def _convolve(self, x: Tensor, cell: Cell, given: Given, enlarge: bool) -> Tensor:
        convolution = CONVOLUTIONS[cell.kernel]
        if not enlarge:
            return convolution(x, self._layers, given)
        up = UP_SAMPLINGS[cell.up]
        return convolution.enlarged(x, up, self._layers.get(up.layer), self._layers, given)

    @property
    def _layers(self) -> Layers:
        return self._modules


class GeneratorCell(nn.Module):
    """A cell that doubles its input, for every choice that a `CellSpace` allows.

    Every addition is out of place: the released code adds into ReLU's saved output, with which 74 % of the space
    cannot be trained on PyTorch since 1.10. Layers that no choice can reach are not built (the released supernet
    registers eleven such transposed convolutions).
    """

    def __init__(self, shapes: Shapes, space: CellSpace) -> None:
        super().__init__()
        channels, learned = shapes.channels, _learned(space.ups)
        sources = [j for j, bits in enumerate(space.skips) if True in bits]
        self.block1 = nn.ModuleDict({c: ConvBlock(shapes, c, space, first=True) for c in space.convs})
        self.block2 = nn.ModuleDict({c: ConvBlock(shapes, c, space, first=False) for c in space.convs})
        self.shortcut_conv = nn.Conv2d(channels, channels, 1) if True in space.shortcuts else None
        for up in learned if self.shortcut_conv is not None else ():
            self.add_module(f"shortcut_{up.layer}", up.doubling(channels))
        self.skip_convs = nn.ModuleDict({str(j): nn.Conv2d(channels, channels, 1) for j in sources})
        for up in learned:
            doublings = {j: (up.doubling(channels) for _ in range(len(space.skips) - j)) for j in sources}
            self.add_module(
                f"skip_{up.layer}s", nn.ModuleDict({str(j): nn.Sequential(*each) for j, each in doublings.items()})
            )
        self.end = OperationLayers(shapes, [CELL_ENDS[word] for word in space.ends])

    def forward(
        self, x: Tensor, maps: Sequence[Tensor], cell: Cell, given: Given, checkpointed: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Runs the choices of ``cell``.

        Args:
            x: the previous cell's output (N, C, H, W).
            maps: the intermediate maps of all earlier cells, first cell first.
            cell: choices that lie in this module's space.
            given: what the generator was called with.
            checkpointed: whether training keeps the inputs of blocks, skips and shortcut alone: see `run_part`. Of a
                whole cell it would save less: the last one holds three quarters of all that is kept.

        Returns:
            The output (N, C, 2H, 2W), and the intermediate map behind block 1 of the same shape, which later cells
            take in. It includes this cell's own skip-ins, as in the released code; Figure 3 draws it before them.
        """
        part = functools.partial(run_part, checkpointed=checkpointed)
        up = UP_SAMPLINGS[cell.up]
        h: Tensor = part(self.block1[cell.conv], x, cell, given, True)
        for j in cell.sources:
            learned = self._modules[f"skip_{up.layer}s"][str(j)] if up.layer else None  # type: ignore[index]
            h = h + part(_enlarged, maps[j], up, learned, self.skip_convs[str(j)], 2 ** (len(maps) - j))
        out: Tensor = part(self.block2[cell.conv], h, cell, given, False)
        if cell.shortcut:
            assert self.shortcut_conv is not None, "the cell space has no shortcut"
            learned = self._modules[f"shortcut_{up.layer}"] if up.layer else None
            out = out + part(_enlarged, x, up, learned, self.shortcut_conv, 2)
        out = part(self.end, out, CELL_ENDS[cell.end], given)
        return out, h


def _learned(ups: Iterable[str]) -> list[UpSampling]:
    return [UP_SAMPLINGS[word] for word in ups if UP_SAMPLINGS[word].layer]


def _enlarged(x: Tensor, up: UpSampling, learned: nn.Module | None, pointwise: nn.Module, scale: int) -> Tensor:
    """Up-samples, then applies a 1x1 convolution; the other way round where that gives the same, more cheaply.

    Returns:
        (N, C, scale * H, scale * W) from (N, C, H, W).
    """
    enlarged: Tensor = up(pointwise(x), scale, None) if up.commutes else pointwise(up(x, scale, learned))
    return enlarged
