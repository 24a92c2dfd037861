"""The generator: the weight-sharing supernet over a search space, and the derived generator of one architecture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from autogan_core.config import ModelConfig
from autogan_core.networks.cells import BatchNorm2d, GeneratorCell
from autogan_core.networks.precision import reduced
from autogan_core.search_space import Architecture, SearchSpace


class BaseGenerator(nn.Module):
    """Any generator: called with latent vectors (N, latent_dim) and an architecture it returns images (N, C, S, S)."""

    project: nn.Linear
    """What latent vectors go through first."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.dtype = torch.float32
        """What the layers compute in: see `precision.reduced`. The output layer is float32 in any case."""
        self.latent_dim = latent_dim
        """Length of a latent vector."""


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
        super().__init__(model.latent_dim)
        self._shape = (channels, model.bottom_width, model.bottom_width)
        self.project = nn.Linear(model.latent_dim, channels * model.bottom_width**2)
        self.cells = nn.ModuleList(GeneratorCell(channels, cell) for cell in space.cells)
        self.to_rgb = nn.Sequential(
            BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, model.image_channels, kernel_size=3, padding=1),
            nn.Tanh(),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)

    def forward(self, z: Tensor, architecture: Architecture) -> Tensor:
        """Generates images.

        Args:
            z: latent vectors (N, latent_dim).
            architecture: lies in the generator's space; fewer cells than the space has give an earlier stage's images.

        Returns:
            (N, C, S, S) in [-1, 1], S = bottom_width * 2 ** depth.
        """
        with reduced(z.device, self.dtype):
            x: Tensor = self.project(z).view(-1, *self._shape)
            maps: list[Tensor] = []
            for module, cell in zip(self.cells, architecture.cells, strict=False):
                x, intermediate = module(x, maps, cell)
                maps.append(intermediate)
        # Eight bits of mantissa would not even hold an image's bytes.
        images: Tensor = self.to_rgb(x.to(torch.promote_types(x.dtype, torch.float32)))
        return images


@torch.no_grad()
def recalibrate(generator: BaseGenerator, architecture: Architecture, latents: Tensor, batch_size: int) -> None:
    """Estimates the batch-norm statistics that ``architecture`` meets, on its own samples, and switches to eval mode.

    In a supernet the running statistics are a mixture over all sampled architectures and stages, and after weight
    averaging they belong to other weights; the released code scores through them all the same.

    Args:
        generator: changed in place: statistics and mode only.
        architecture: the architecture to be scored.
        latents: (N, latent_dim); every batch of them counts alike.
        batch_size: samples per forward pass.
    """
    norms = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
    generator.train()
    for index, batch in enumerate(torch.split(latents, batch_size)):
        for norm in norms:
            norm.momentum = 1 / (index + 1)  # a plain average, for which None would ask the GPU how many there were
        generator(batch, architecture)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    generator.eval()
