"""Layers of several operations, of which a call uses those of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch import Tensor, nn

from autogan_core.operations import Convolution, DownSampling, Given, LayeredOperation, Shapes


class OperationLayers(nn.Module):
    """The layers of several operations of one kind, by their names; operations may share some."""

    def __init__(self, shapes: Shapes, operations: Iterable[LayeredOperation]) -> None:
        super().__init__()
        self._names: dict[str, tuple[str, ...]] = {}
        for operation in operations:
            layers = operation.layers(shapes)
            self._names[operation.word] = tuple(layers)
            add_missing(self, layers)

    def forward(self, x: Tensor, operation: LayeredOperation, given: Given) -> Tensor:
        """(N, C, H, W) -> what the operation makes of it."""
        return operation(x, self._modules, given)

    def halved(
        self, x: Tensor, convolution: Convolution, down: DownSampling, halving: OperationLayers, given: Given
    ) -> Tensor:
        """A map (N, C, H, W), convolved with these layers and halved with others: (N, C, H/2, W/2)."""
        return convolution.halved(x, down, self._modules, halving._modules, given)

    def weights(self, operation: LayeredOperation) -> Iterator[str]:
        """Names of the matrices and kernels that an operation uses, biases and gains not among them."""
        for name in self._names[operation.word]:
            for inner, parameter in self._modules[name].named_parameters():  # type: ignore[union-attr]
                if parameter.dim() > 1:
                    yield f"{name}.{inner}"


def add_missing(module: nn.Module, layers: dict[str, nn.Module]) -> None:
    """Gives a module those layers whose names it does not have yet."""
    for name, layer in layers.items():
        if name not in module._modules:
            module.add_module(name, layer)
