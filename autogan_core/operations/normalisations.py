"""N: the normalisations."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from autogan_core.operations.families import register
from autogan_core.operations.operation import Given, Layers, Normalisation, Shapes

if TYPE_CHECKING:
    from torch import Tensor, nn


@register
class NoNormalisation(Normalisation):
    """None."""

    word, symbol, title, phrase, paper, identity = "none", "0", "", "no norm", True, True

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        return x


class NormalisationLayer(Normalisation):
    """A normalisation by one layer."""

    fresh = True
    layer: ClassVar[str]
    """Name in the weights."""

    @abstractmethod
    def layer_of(self, channels: int) -> nn.Module:
        """Makes it."""

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        return {self.layer: self.layer_of(shapes.channels)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        normalised: Tensor = layers[self.layer](x)
        return normalised


@register
class BatchNormalisation(NormalisationLayer):
    """Over the batch (Ioffe and Szegedy, 2015)."""

    word = layer = "bn"
    symbol, title, phrase, paper = "1", "batch norm", "batch norm", True

    def layer_of(self, channels: int) -> nn.Module:
        """See `NormalisationLayer.layer_of`."""
        from autogan_core.operations.layers.batch_norm import BatchNorm2d

        return BatchNorm2d(channels)


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
class GroupNormalisation(NormalisationLayer):
    """Over groups of channels of each image (Wu and He, ECCV 2018), with a scale and a shift for each channel."""

    word = layer = "gn"
    symbol, title, phrase = "4", "group norm", "group norm"
    groups: ClassVar[int] = 8
    """At the most: fewer where they do not divide the channels."""

    def layer_of(self, channels: int) -> nn.Module:
        """See `NormalisationLayer.layer_of`."""
        from torch import nn

        return nn.GroupNorm(math.gcd(self.groups, channels), channels)


@register
class LayerNormalisation(GroupNormalisation):
    """Over all of each image's map (Ba, Kiros and Hinton, 2016): one group, of all channels."""

    word = layer = "ln"
    symbol, title, phrase = "5", "layer norm", "layer norm"
    groups = 1
