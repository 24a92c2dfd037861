"""The generator: the weight-sharing supernet over a search space, and the derived generator of one architecture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autogan_core.config import ModelConfig
from autogan_core.errors import ConfigError
from autogan_core.networks.cells import GeneratorCell
from autogan_core.networks.precision import reduced
from autogan_core.operations import NORMALISATIONS, Given, Shapes
from autogan_core.operations.layers.batch_norm import BatchNorm2d
from autogan_core.operations.layers.class_affine import ClassAffine
from autogan_core.runtime.torch_seeding import seeded_generator
from autogan_core.search_space import Architecture, SearchSpace


class BaseGenerator(nn.Module):
    """Any generator: called with latent vectors (N, latent_dim) and an architecture it returns images (N, C, S, S).

    A conditional one, which has `classes`, is called with labels (N,) as well.
    """

    project: nn.Linear
    """What latent vectors go through first."""
    class_shares: Tensor
    """Each class's share of the training images, float32 (classes,); only a conditional generator has it."""

    def __init__(self, latent_dim: int, classes: int = 0) -> None:
        super().__init__()
        self.dtype = torch.float32
        """What the layers compute in: see `precision.reduced`. The output layer is float32 in any case."""
        self.checkpointing = False
        """Whether training keeps the inputs of its parts alone: see `checkpointing.run_part`."""
        self.latent_dim = latent_dim
        """Length of a latent vector."""
        self.classes = classes
        """Classes that it draws by their labels; 0: it is unconditional."""
        self.class_names: tuple[str, ...] = ()
        """Their names in the order of the labels, if they have any; they are stored beside the weights."""
        if classes:
            self.register_buffer("class_shares", torch.full((classes,), 1 / classes))

    def learn_classes(self, labels: Tensor, names: tuple[str, ...]) -> None:
        """Notes the classes of the training images, for `draw_labels` and `label`.

        Args:
            labels: of the training images, int64 (N,); -1 for those that have none.
            names: of the classes; none, if they have no names.
        """
        known = labels[labels >= 0]
        self.class_shares.copy_(torch.bincount(known, minlength=self.classes) / len(known))
        self.class_names = names

    def draw_labels(self, count: int, seed: int, *names: str | int) -> Tensor | None:
        """Labels as frequent as among the training images, int64 (count,), for one purpose; None if unconditional."""
        if not self.classes:
            return None
        rng = seeded_generator(self.class_shares.device, seed, "labels", *names)
        return torch.multinomial(self.class_shares, count, replacement=True, generator=rng)

    def even_labels(self, count: int) -> Tensor | None:
        """Each class as often as the others, one after the other, int64 (count,); None if unconditional."""
        if not self.classes:
            return None
        return torch.arange(count, device=self.class_shares.device) * self.classes // count

    def label(self, name: str) -> int:
        """The label that people mean by a class's name, or by its number.

        Args:
            name: such as ``cat`` or ``3``.

        Returns:
            The label, from 0.

        Raises:
            ConfigError: it is unconditional, or has no such class.
        """
        if not self.classes:
            raise ConfigError(
                f"the label '{name}' says nothing to a generator without classes; train one with "
                "model.classes=NUMBER, or leave the label out"
            )
        if name in self.class_names:
            return self.class_names.index(name)
        if name.isascii() and name.isdigit() and int(name) < self.classes:
            return int(name)
        known = ", ".join(self.class_names) if self.class_names else f"0 to {self.classes - 1}"
        raise ConfigError(f"there is no class '{name}'; the generator's are {known}")


class Generator(BaseGenerator):
    """Latent vectors to images, along any architecture of its search space.

    Over a whole space it is the supernet; over `SearchSpace.only` one architecture it is the derived generator, which
    holds just the layers that this architecture uses. All widths are equal, and one shared output layer (batch norm,
    ReLU, 3x3 convolution, tanh) serves every stage, so even architectures without normalisation hold one batch norm.
    Growing needs no surgery: a stage simply runs one more cell.

    Initialisation follows the released code: Xavier-uniform for convolutions (1x1 included), N(1, 0.02) for batch
    norm's weight, and PyTorch's defaults for the linear layer and the transposed convolutions.
    """

    def __init__(self, space: SearchSpace, model: ModelConfig, channels: int) -> None:
        """Draws the first weights.

        Args:
            space: what the generator can be.
            model: shapes, and classes.
            channels: feature maps of every layer.

        Raises:
            ConfigError: the space has an operation that needs labels, but there are no classes.
        """
        needing = {word for cell in space.cells for word in cell.norms if NORMALISATIONS[word].needs_classes}
        if needing and not model.classes:
            raise ConfigError(
                f"{min(needing)} ({NORMALISATIONS[min(needing)].phrase}) needs labels, but model.classes is 0; set it "
                "to the number of classes, or take an architecture without it"
            )
        super().__init__(model.latent_dim, model.classes)
        self._shape = (channels, model.bottom_width, model.bottom_width)
        self.project = nn.Linear(model.latent_dim, channels * model.bottom_width**2)
        shapes = Shapes(channels, model.latent_dim, model.classes)
        self.cells = nn.ModuleList(GeneratorCell(shapes, cell) for cell in space.cells)
        self.to_rgb = nn.Sequential(
            BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, model.image_channels, kernel_size=3, padding=1),
            nn.Tanh(),
        )
        self.output_affine = ClassAffine(model.classes, channels) if model.classes else None
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)

    def forward(self, z: Tensor, architecture: Architecture, labels: Tensor | None = None) -> Tensor:
        """Generates images.

        Args:
            z: latent vectors (N, latent_dim).
            architecture: lies in the generator's space; fewer cells than the space has give an earlier stage's images.
            labels: int64 (N,), what to draw; a conditional generator needs them, and another disregards them.

        Returns:
            (N, C, S, S) in [-1, 1], S = bottom_width * 2 ** depth.
        """
        with reduced(z.device, self.dtype):
            x: Tensor = self.project(z).view(-1, *self._shape)
            maps: list[Tensor] = []
            for module, cell in zip(self.cells, architecture.cells, strict=False):
                x, intermediate = module(x, maps, cell, Given(z, labels), self.checkpointing)
                maps.append(intermediate)
        # Eight bits of mantissa would not even hold an image's bytes.
        x = x.to(torch.promote_types(x.dtype, torch.float32))
        if self.output_affine is None:
            images: Tensor = self.to_rgb(x)
            return images
        assert labels is not None, "a conditional generator needs labels"
        norm, *rest = self.to_rgb
        x = self.output_affine(norm(x), labels)
        for layer in rest:
            x = layer(x)
        return x


@torch.no_grad()
def recalibrate(
    generator: BaseGenerator,
    architecture: Architecture,
    latents: Tensor,
    batch_size: int,
    labels: Tensor | None = None,
) -> None:
    """Estimates the batch-norm statistics that ``architecture`` meets, on its own samples, and switches to eval mode.

    In a supernet the running statistics are a mixture over all sampled architectures and stages, and after weight
    averaging they belong to other weights; the released code scores through them all the same.

    Args:
        generator: changed in place: statistics and mode only.
        architecture: the architecture to be scored.
        latents: (N, latent_dim); every batch of them counts alike.
        batch_size: samples per forward pass.
        labels: int64 (N,) for a conditional generator.
    """
    norms = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
    generator.train()
    for index, start in enumerate(range(0, len(latents), batch_size)):
        rows = slice(start, start + batch_size)
        for norm in norms:
            norm.momentum = 1 / (index + 1)  # a plain average, for which None would ask the GPU how many there were
        generator(latents[rows], architecture, *(() if labels is None else (labels[rows],)))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    generator.eval()
