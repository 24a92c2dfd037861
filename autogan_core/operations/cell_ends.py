"""E: what may follow a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autogan_core.operations.families import register
from autogan_core.operations.operation import CellEnd, Given, Layers, Shapes

if TYPE_CHECKING:
    from torch import Tensor, nn

MOST_KEYS = 16
"""Rows of the map that attention looks at, at the most: on a larger map its memory grows with the pixels, not with
their square."""


@register
class NoEnd(CellEnd):
    """Nothing, as in the paper."""

    word, symbol, title, phrase, paper = "none", "0", "", "nothing behind it", True

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        return x


@register
class SelfAttention(CellEnd):
    """Each pixel looks at the whole map (Zhang et al., ICML 2019)."""

    word, symbol, title, phrase, colour = "attention", "1", "attention", "self-attention", "#ead7f0"

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """See `LayeredOperation.layers`."""
        from autogan_core.operations.layers.self_attention import SelfAttention2d

        return {"attention": SelfAttention2d(shapes.channels, MOST_KEYS)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """See `LayeredOperation.__call__`."""
        attended: Tensor = layers["attention"](x)
        return attended

    def macs(self, shapes: Shapes, size: int) -> int:
        """See `LayeredOperation.macs`."""
        from autogan_core.operations.layers.self_attention import key_pooling, widths

        query, value = widths(shapes.channels)
        pixels, keys = size**2, (size // key_pooling(size, MOST_KEYS)) ** 2
        maps = shapes.channels * ((query + value) * pixels + (query + value) * keys)
        return maps + pixels * keys * (query + value)
