"""D: how a cell of the discriminator halves its map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autogan_core.operations.families import register
from autogan_core.operations.operation import DownSampling, Given, Layers, Shapes

if TYPE_CHECKING:
    from torch import Tensor, nn


@register
class AveragePooling(DownSampling):
    """The mean of 2x2 blocks, the paper's."""

    word, symbol, title, phrase, paper = "average", "0", "average", "average pooling", True

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `DownSampling.__call__`."""
        from torch.nn import functional as F

        return F.avg_pool2d(x, 2)


@register
class MaxPooling(DownSampling):
    """The largest of 2x2 blocks."""

    word, symbol, title, phrase = "max", "1", "maximum", "max pooling"

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `DownSampling.__call__`."""
        from torch.nn import functional as F

        # Blocks that do not overlap: each gradient goes to one place, so GPUs add nothing in random order.
        return F.max_pool2d(x, 2)


@register
class StridedConvolution(DownSampling):
    """A convolution of each 2x2 block."""

    word, symbol, title, phrase = "strided", "2", "conv 2×2 /2", "strided convolutions"

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from torch import nn

        return {"strided": nn.Conv2d(shapes.channels, shapes.channels, 2, stride=2)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `DownSampling.__call__`."""
        halved: Tensor = layers["strided"](x)
        return halved

    def macs(self, shapes: Shapes, size: int) -> int:
        """See `LayeredOperation.macs`."""
        return 4 * shapes.channels**2 * size**2
