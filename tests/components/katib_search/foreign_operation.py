"""An operation as somebody else's package has it: `test_foreign_operation` installs and searches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autogan_core.operations import CellEnd, Given, Layers, Shapes, register

if TYPE_CHECKING:
    from torch import Tensor, nn


@register
class Gate(CellEnd):
    """Scales each channel by what the map's means say (squeeze and excitation)."""

    word, symbol, title, phrase = "gate", "g", "gate", "gated channels"

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """A linear layer."""
        from torch import nn

        return {"gate": nn.Linear(shapes.channels, shapes.channels)}

    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """(N, C, H, W) -> the same."""
        shares: Tensor = layers["gate"](x.mean(dim=(2, 3))).sigmoid().to(x.dtype)
        return x * shares[:, :, None, None]

    def macs(self, shapes: Shapes, size: int) -> int:
        """Of the linear layer."""
        return shapes.channels**2
