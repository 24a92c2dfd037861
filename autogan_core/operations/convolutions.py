"""K: the convolutions of a cell's blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autogan_core.operations.families import DOWN_SAMPLINGS, UP_SAMPLINGS, register
from autogan_core.operations.operation import Convolution, DownSampling, Given, Layers, Shapes, UpSampling

if TYPE_CHECKING:
    from torch import Tensor, nn


class PlainConvolution(Convolution):
    """A convolution of odd size that keeps the map's."""

    fresh = True
    side: ClassVar[int]
    """Rows of its kernel."""
    layer: ClassVar[str]
    """Name in the weights."""

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from torch import nn

        return {self.layer: nn.Conv2d(shapes.channels, shapes.channels, self.side, padding=self.side // 2)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        convolved: Tensor = layers[self.layer](x)
        return convolved

    def macs(self, shapes: Shapes, size: int) -> int:
        """See `LayeredOperation.macs`."""
        return self.side**2 * shapes.channels**2 * size**2


@register
class Convolution3x3(PlainConvolution):
    """The paper's."""

    word, symbol, title, phrase = "3x3", "0", "conv 3×3", "3×3 convolutions"
    side, layer, paper = 3, "conv", True

    def enlarged(self, x: Tensor, up: UpSampling, learned: nn.Module | None, layers: Layers, given: Given) -> Tensor:
        """See `Convolution.enlarged`."""
        if up is not UP_SAMPLINGS["nearest"]:
            return super().enlarged(x, up, learned, layers, given)
        from autogan_core.operations.layers.resampling import upsample_and_convolve

        conv = layers[self.layer]
        return upsample_and_convolve(x, conv.weight, conv.bias)

    def halved(self, x: Tensor, down: DownSampling, layers: Layers, halving: Layers, given: Given) -> Tensor:
        """See `Convolution.halved`."""
        if down is not DOWN_SAMPLINGS["average"]:
            return super().halved(x, down, layers, halving, given)
        from autogan_core.operations.layers.resampling import convolve_and_pool

        conv = layers[self.layer]
        return convolve_and_pool(x, conv.weight, conv.bias)


@register
class Convolution1x1(PlainConvolution):
    """Of each pixel by itself."""

    word, symbol, title, phrase = "1x1", "1", "conv 1×1", "1×1 convolutions"
    side, layer = 1, "conv1x1"


@register
class Convolution5x5(PlainConvolution):
    """Of a wider neighbourhood."""

    word, symbol, title, phrase = "5x5", "2", "conv 5×5", "5×5 convolutions"
    side, layer = 5, "conv5x5"


@register
class SeparableConvolution(Convolution):
    """3x3 in each channel by itself, then 1x1 across channels (Chollet, CVPR 2017)."""

    word, symbol, title, phrase, fresh = "separable", "3", "separable", "separable convolutions", True

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from torch import nn

        width = shapes.channels
        depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        return {"separable": nn.Sequential(depthwise, nn.Conv2d(width, width, 1))}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        convolved: Tensor = layers["separable"](x)
        return convolved

    def macs(self, shapes: Shapes, size: int) -> int:
        """See `LayeredOperation.macs`."""
        return (9 * shapes.channels + shapes.channels**2) * size**2


@register
class ModulatedConvolution(Convolution):
    """3x3, with kernels that the latent vector scales (Karras et al., CVPR 2020)."""

    word, symbol, title, phrase, fresh = "modulated", "4", "modulated", "modulated convolutions", True
    needs_latents = True

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from autogan_core.operations.layers.modulated_conv import ModulatedConv2d

        return {"modulated": ModulatedConv2d(shapes.channels, shapes.latent_dim)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        convolved: Tensor = layers["modulated"](x, given.latents)
        return convolved

    def macs(self, shapes: Shapes, size: int) -> int:
        """See `LayeredOperation.macs`; an image's scales of inputs and outputs are two small matrix products."""
        return 9 * shapes.channels**2 * size**2 + (shapes.latent_dim + shapes.channels) * shapes.channels
