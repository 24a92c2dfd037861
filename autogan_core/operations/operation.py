"""What an operation of a cell is: a word, a symbol, a drawing, layers, and what it costs.

An operation is one small class. `families.register` puts it among those of its kind, and from then on everything takes
it: settings, architectures as text, the shared and the derived generator, Experiments, counts, drawings and reports.
The search and its service on a cluster know operations by their words alone and have no torch, so a module that
defines one imports torch where it makes or calls layers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor, nn

Layers = Mapping[str, Any]
"""Modules by their names, of which an operation looks up its own."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """What layers are made for."""

    channels: int
    """Feature maps of every layer."""
    latent_dim: int
    """Length of a latent vector."""
    classes: int = 0
    """Classes of a conditional generator; 0: it has none."""


class Given(NamedTuple):
    """What a network is given, for operations that ask for more than the map before them."""

    latents: Tensor
    """(N, latent_dim); in a discriminator (N, 0)."""
    labels: Tensor | None = None
    """int64 (N,), of a conditional generator."""


class Operation(ABC):
    """One option of one of a cell's choices."""

    word: ClassVar[str]
    """Its name in settings, ``nasConfig`` and readable architectures: small letters, digits and ``-``."""
    symbol: ClassVar[str]
    """Its digit in the compact text of architectures, or a small letter; of its kind, no other has it."""
    title: ClassVar[str]
    """Its name in drawings, short: ``batch norm``."""
    phrase: ClassVar[str]
    """Its name in sentences."""
    colour: ClassVar[str] = "#fbe0c3"
    """Of its box in drawings."""
    paper: ClassVar[bool] = False
    """Whether it is one of the paper's, which are what is searched unless ``search.space`` says otherwise."""
    needs_classes: ClassVar[bool] = False
    """Whether it works in conditional generators only."""
    needs_latents: ClassVar[bool] = False
    """Whether it asks for latent vectors, so that no discriminator can have it."""


class LayeredOperation(Operation):
    """An operation that turns a map into one of the same shape, by layers of its own or by none."""

    fresh: ClassVar[bool] = False
    """Whether its output is new memory that its gradient does not need, so that ReLU may overwrite it."""

    def layers(self, shapes: Shapes) -> dict[str, nn.Module]:
        """Makes its layers, by their names in the weights.

        Args:
            shapes: what they are made for.

        Returns:
            New modules. Operations of one kind share layers that have the same name; a name of its own begins with the
            operation's word.
        """
        return {}

    @abstractmethod
    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W), unless its kind says otherwise."""

    def macs(self, shapes: Shapes, size: int) -> int:
        """Multiply-accumulates for one image whose map has ``size`` rows; by convention normalisations have none."""
        return 0


class Normalisation(LayeredOperation):
    """N: how a convolution block normalises its map."""

    colour = "#d3ecdf"
    identity: ClassVar[bool] = False
    """Whether it returns the map that it gets."""


class UpSampling(Operation):
    """U: how a cell doubles its input, its skip-ins and its shortcut."""

    colour = "#d4e6f5"
    layer: ClassVar[str] = ""
    """Name in the weights of the layer that doubles a map; none: nothing is learned."""
    commutes: ClassVar[bool] = False
    """Whether it may follow a 1x1 convolution as well as come before it: it mixes pixels by weights that add up to 1,
    and no channels. The convolution then works on the smaller map."""

    def doubling(self, channels: int) -> nn.Module:
        """Makes the layer that doubles a map (N, C, H, W) once; one that doubles twice is two of them in a row."""
        raise NotImplementedError(f"the up-sampling '{self.word}' has no layer")

    @abstractmethod
    def __call__(self, x: Tensor, scale: int, learned: nn.Module | None) -> Tensor:
        """Enlarges a map.

        Args:
            x: (N, C, H, W).
            scale: the factor, a power of two.
            learned: the doublings that make up ``scale``, if there is a `layer`.

        Returns:
            (N, C, scale * H, scale * W).
        """

    def macs(self, channels: int, size: int) -> int:
        """Multiply-accumulates of doubling one image's map to ``size`` rows; interpolations are not counted."""
        return 0


class Convolution(LayeredOperation):
    """K: the convolution of both blocks. The paper has one."""

    def enlarged(self, x: Tensor, up: UpSampling, learned: nn.Module | None, layers: Layers, given: Given) -> Tensor:
        """Doubles a map (N, C, H, W) and convolves it; a subclass may do both in one: (N, C, 2H, 2W)."""
        return self(up(x, 2, learned), layers, given)

    def halved(self, x: Tensor, down: DownSampling, layers: Layers, halving: Layers, given: Given) -> Tensor:
        """Convolves a map (N, C, H, W) and halves it; a subclass may do both in one: (N, C, H/2, W/2)."""
        return down(self(x, layers, given), halving, given)


class CellEnd(LayeredOperation):
    """E: what follows a cell's addition of its shortcut. The paper has nothing there."""


class DownSampling(LayeredOperation):
    """D: how a cell of the discriminator halves its map. The paper averages."""

    colour = "#d4e6f5"

    @abstractmethod
    def __call__(self, x: Tensor, layers: Layers, given: Given) -> Tensor:
        """(N, C, H, W) -> (N, C, H/2, W/2), H and W even; `macs` are of the halved map's ``size``."""
