"""U: the up-sampling methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autogan_core.operations.families import register
from autogan_core.operations.operation import UpSampling

if TYPE_CHECKING:
    from torch import Tensor, nn

    from autogan_core.operations.layers.resampling import Interpolation


class InterpolationUpSampling(UpSampling):
    """Up-sampling by interpolation."""

    paper = commutes = True
    method: ClassVar[Interpolation]

    def __call__(self, x: Tensor, scale: int, learned: nn.Module | None) -> Tensor:
        """See `UpSampling.__call__`."""
        from autogan_core.operations.layers.resampling import interpolate

        return interpolate(x, self.method, scale)


@register
class Bilinear(InterpolationUpSampling):
    """Bilinear interpolation (``align_corners=False``)."""

    word = title = phrase = method = "bilinear"
    symbol = "0"


@register
class Nearest(InterpolationUpSampling):
    """Nearest-neighbour interpolation."""

    word = title = phrase = method = "nearest"
    symbol = "1"


class LearnedUpSampling(UpSampling):
    """Up-sampling by a layer."""

    def __call__(self, x: Tensor, scale: int, learned: nn.Module | None) -> Tensor:
        """See `UpSampling.__call__`."""
        assert learned is not None, f"the cell space has no {self.word}"
        enlarged: Tensor = learned(x)
        return enlarged


@register
class Deconvolution(LearnedUpSampling):
    """A 2x2 transposed convolution of stride 2."""

    word = title = phrase = layer = "deconv"
    symbol, paper = "2", True

    def doubling(self, channels: int) -> nn.Module:
        """See `UpSampling.doubling`."""
        from torch import nn

        return nn.ConvTranspose2d(channels, channels, kernel_size=2, stride=2)

    def macs(self, channels: int, size: int) -> int:
        """See `UpSampling.macs`; each output pixel comes from one input pixel."""
        return channels**2 * size**2


@register
class PixelShuffle(LearnedUpSampling):
    """A 3x3 convolution to four times the channels, which become the four pixels of a block (Shi et al., CVPR 2016)."""

    word, symbol, title, phrase, layer = "pixel-shuffle", "3", "shuffle", "pixel shuffle", "pixel_shuffle"

    def doubling(self, channels: int) -> nn.Module:
        """See `UpSampling.doubling`."""
        from torch import nn

        return nn.Sequential(nn.Conv2d(channels, 4 * channels, kernel_size=3, padding=1), nn.PixelShuffle(2))

    def macs(self, channels: int, size: int) -> int:
        """See `UpSampling.macs`."""
        return 9 * channels**2 * size**2
