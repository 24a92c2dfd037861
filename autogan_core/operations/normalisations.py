"""N: the normalisations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autogan_core.operations.families import register
from autogan_core.operations.operation import Given, Layers, Normalisation, Shapes

if TYPE_CHECKING:
    from torch import Tensor, nn

GROUPS = 8
"""Groups of group normalisation; fewer where they do not divide the channels."""


@register
class NoNormalisation(Normalisation):
    """None."""

    word, symbol, title, phrase, paper, identity = "none", "0", "", "no norm", True, True

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        return x


@register
class BatchNormalisation(Normalisation):
    """Over the batch (Ioffe and Szegedy, 2015)."""

    word, symbol, title, phrase, paper, fresh = "bn", "1", "batch norm", "batch norm", True, True

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from autogan_core.operations.layers.batch_norm import BatchNorm2d

        return {"bn": BatchNorm2d(shapes.channels)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        normalised: Tensor = layers["bn"](x)
        return normalised


@register
class InstanceNormalisation(Normalisation):
    """Over each image's map, without weights, as in the released code."""

    word, symbol, title, phrase, paper = "in", "2", "inst. norm", "instance norm", True

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        from torch.nn import functional as F

        # Not fresh: PyTorch returns a view, and the gradient of what overwrites a view is copied about.
        return F.instance_norm(x)


@register
class ClassConditionalNormalisation(BatchNormalisation):
    """Batch norm, then a scale and a shift for each class (Miyato and Koyama, ICLR 2018)."""

    word, symbol, title, phrase = "cbn", "3", "class norm", "class-conditional norm"
    paper, needs_classes = False, True

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`; its batch norm is that of ``bn``."""
        from autogan_core.operations.layers.class_affine import ClassAffine

        return super().layers(shapes) | {"class_affine": ClassAffine(shapes.classes, shapes.channels)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        conditioned: Tensor = layers["class_affine"](super().__call__(x, layers, given), given.labels)
        return conditioned


@register
class GroupNormalisation(Normalisation):
    """Over groups of channels of each image (Wu and He, ECCV 2018), with a scale and a shift for each channel."""

    word, symbol, title, phrase, fresh = "gn", "4", "group norm", "group norm", True

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from torch import nn

        return {"gn": nn.GroupNorm(math.gcd(GROUPS, shapes.channels), shapes.channels)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        normalised: Tensor = layers["gn"](x)
        return normalised


@register
class LayerNormalisation(Normalisation):
    """Over all of each image's map (Ba, Kiros and Hinton, 2016), with a scale and a shift for each channel."""

    word, symbol, title, phrase, fresh = "ln", "5", "layer norm", "layer norm", True

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from torch import nn

        return {"ln": nn.GroupNorm(1, shapes.channels)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        normalised: Tensor = layers["ln"](x)
        return normalised
