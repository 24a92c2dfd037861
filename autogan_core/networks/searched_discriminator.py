"""A discriminator whose cells are searched: the supernet over their spaces, or the one of an architecture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from autogan_core.config import ModelConfig
from autogan_core.networks.checkpointing import run_part
from autogan_core.networks.discriminator import (
    BaseDiscriminator,
    Block,
    Discriminator,
    projected,
    summed,
)
from autogan_core.networks.operation_layers import OperationLayers
from autogan_core.networks.precision import reduced
from autogan_core.networks.spectral_norm import SpectralNorm
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, DOWN_SAMPLINGS, Given, Shapes
from autogan_core.search_space import DiscriminatorCell, DiscriminatorCellSpace, SearchSpace
from autogan_core.search_space.discriminator_cell import SAME_SIZE

Path = tuple[DiscriminatorCell, ...]
"""The choices of all cells, first to last."""


class SearchedCell(nn.Module):
    """The paper's block with its convolutions, its pooling and its shortcut chosen, and perhaps an end."""

    def __init__(self, shapes: Shapes, space: DiscriminatorCellSpace, image_channels: int, halves: bool) -> None:
        """Draws the first weights.

        Args:
            shapes: what layers are made for.
            space: what the cell may choose.
            image_channels: of the images that the first cell sees; 0 in any other cell.
            halves: whether it halves the map.
        """
        super().__init__()
        self.halves = halves
        convolutions = [CONVOLUTIONS[word] for word in space.kernels]
        width = shapes.channels
        self.from_images = nn.Conv2d(image_channels, width, 3, padding=1) if image_channels else None
        self.conv1 = None if image_channels else OperationLayers(shapes, convolutions)
        self.conv2 = OperationLayers(shapes, convolutions)
        self.down = OperationLayers(shapes, [DOWN_SAMPLINGS[word] for word in space.downs]) if halves else None
        self.shortcut = nn.Conv2d(image_channels or width, width, 1) if halves and True in space.shortcuts else None
        self.end = OperationLayers(shapes, [CELL_ENDS[word] for word in space.ends])

    def forward(self, x: Tensor, cell: DiscriminatorCell) -> Tensor:
        """(N, channels, H, W), or images, -> (N, channels, H/2, W/2), or the same size."""
        convolution, given = CONVOLUTIONS[cell.kernel], Given(x.new_empty(len(x), 0))
        if self.from_images is not None:
            h = F.relu(self.from_images(x), inplace=True)
        else:
            assert self.conv1 is not None, "a cell that does not see images has a searched first convolution"
            h = F.relu(self.conv1(F.relu(x), convolution, given), inplace=convolution.fresh)
        if self.down is None:
            h = self.conv2(h, convolution, given)
        else:
            h = self.conv2.halved(h, convolution, DOWN_SAMPLINGS[cell.down], self.down, given)
        if cell.shortcut and not self.halves:
            h = h + x
        elif cell.shortcut:
            assert self.shortcut is not None, "the cell space has no shortcut"
            h = h + self.shortcut(F.avg_pool2d(x, 2))  # on the smaller map, which gives the same
        after: Tensor = self.end(h, CELL_ENDS[cell.end], given)
        return after

    def weights(self, cell: DiscriminatorCell) -> Iterator[str]:
        """Names of the matrices and kernels that a choice uses."""
        convolution = CONVOLUTIONS[cell.kernel]
        if self.from_images is not None:
            yield "from_images.weight"
        if self.shortcut is not None and cell.shortcut:
            yield "shortcut.weight"
        for name, operation in (
            ("conv1", convolution),
            ("conv2", convolution),
            ("down", DOWN_SAMPLINGS[cell.down]),
            ("end", CELL_ENDS[cell.end]),
        ):
            layers = getattr(self, name)
            yield from (f"{name}.{weight}" for weight in (layers.weights(operation) if layers is not None else ()))


class SearchedDiscriminator(BaseDiscriminator):
    """Real or generated, along the cells that an architecture has chosen for its discriminator.

    Its cells are the paper's blocks: the first one and, for each further stage, one more; the last block, the linear
    layer and spectral norm are the paper's (see `Discriminator`). With the paper's choices it is the paper's network.
    """

    def __init__(self, spaces: Sequence[DiscriminatorCellSpace], model: ModelConfig, channels: int) -> None:
        super().__init__()
        shapes = Shapes(channels, 0)
        self.cells = nn.ModuleList(
            SearchedCell(shapes, space, 0 if i else model.image_channels, halves=i != SAME_SIZE)
            for i, space in enumerate(spaces)
        )
        self.last = Block(channels, downsample=False)
        self.linear = nn.Linear(channels, 1, bias=False)
        self.projection = nn.Linear(channels, model.classes, bias=False) if model.classes else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
        self.normalised = [name for name, parameter in self.named_parameters() if parameter.dim() > 1]
        """Names of the weights under spectral norm, in its order."""
        self.spectral_norm = SpectralNorm([self.get_parameter(name) for name in self.normalised])
        self._paths: dict[Path, tuple[list[str], Tensor]] = {}

    def forward(self, images: Tensor, stage: int, labels: Tensor | None = None, cells: Path = ()) -> Tensor:
        """Computes one unbounded logit for each image.

        Args:
            images: (N, C, S, S) in [-1, 1], of the stage's size.
            stage: search stage from 0.
            labels: as in `Discriminator`.
            cells: the choices of the stage's cells, ``stage + 1`` of them.

        Returns:
            (N, 1).
        """
        assert len(cells) == stage + 1, "a searched discriminator needs the choices of each of the stage's cells"
        weights = self.weights(cells)
        last = {layer: weights[f"last.{name}.weight"] for name, layer in self.last.named_children()}
        with reduced(images.device, self.dtype):
            h = images
            for i, cell in enumerate(cells):
                own = _below(f"cells.{i}.", weights)
                h = run_part(_call, self.cells[i], own, h, cell, checkpointed=self.checkpointing)
            h = run_part(self.last, h, last, checkpointed=self.checkpointing)
            features = F.relu(h, inplace=True)
        projection = None if self.projection is None else weights["projection.weight"]
        return projected(summed(features), weights["linear.weight"], projection, labels)

    def weights(self, cells: Path) -> dict[str, Tensor]:
        """What the layers of a path compute with; in training mode every call makes a power iteration."""
        if cells not in self._paths:  # kept, since a captured step reads the rows where they lie
            names = [f"cells.{i}.{name}" for i, cell in enumerate(cells) for name in self.cells[i].weights(cell)]  # type: ignore[operator]
            names += [name for name in self.normalised if not name.startswith("cells.")]
            rows = torch.tensor([self.normalised.index(name) for name in names], device=self.linear.weight.device)
            self._paths[cells] = names, rows
        names, rows = self._paths[cells]
        parameters = [self.get_parameter(name) for name in names]
        return dict(zip(names, self.spectral_norm(parameters, rows), strict=True))


def discriminator_over(space: SearchSpace, model: ModelConfig, channels: int) -> BaseDiscriminator:
    """The discriminator of a search space: the paper's, unless its cells are searched too."""
    if space.discriminator:
        return SearchedDiscriminator(space.discriminator, model, channels)
    return Discriminator(model, channels)


def _call(cell: nn.Module, weights: Mapping[str, Tensor], x: Tensor, choices: DiscriminatorCell) -> Tensor:
    called: Tensor = functional_call(cell, dict(weights), (x, choices))
    return called


def _below(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}
