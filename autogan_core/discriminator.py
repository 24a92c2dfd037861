"""The discriminator: fixed blocks that grow with the search's stages (paper, section 3; supplement)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm as with_spectral_norm

from autogan_core.config import ModelConfig


class FirstBlock(nn.Module):
    """Convolution, ReLU, convolution, pooling; the shortcut pools before its 1x1 convolution."""

    def __init__(self, image_channels: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(image_channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(image_channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H/2, W/2)."""
        h = F.avg_pool2d(self.conv2(F.relu(self.conv1(x))), 2)
        shortcut: Tensor = self.shortcut(F.avg_pool2d(x, 2))
        return h + shortcut


class Block(nn.Module):
    """Pre-activation residual block; one that halves the map has a 1x1 convolution in its shortcut."""

    def __init__(self, channels: int, downsample: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(channels, channels, 1) if downsample else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> the same, or (N, channels, H/2, W/2) when it halves the map."""
        h: Tensor = self.conv2(F.relu(self.conv1(F.relu(x))))
        if self.shortcut is None:
            return h + x
        return F.avg_pool2d(h, 2) + F.avg_pool2d(self.shortcut(x), 2)


class Discriminator(nn.Module):
    """Real or generated, for the images of any stage.

    Stage s runs the first block, s middle blocks and the last block; all exist from the start, and stages only add to
    the path. The second block halves the map, the third does not (the paper's three stages); blocks beyond, which the
    paper has none of, halve it again. No normalisation layers. The features are summed over the map (the released
    code's comment says average), then one linear layer without bias.

    Spectral norm wraps every convolution and the linear layer (paper, section 4: on the discriminator only). Weights
    are initialised before it is applied: afterwards the new-style parametrisation would silently keep the old ones.
    """

    def __init__(self, model: ModelConfig, channels: int, *, spectral_norm: bool = True) -> None:
        super().__init__()
        self.first = FirstBlock(model.image_channels, channels)
        self.middle = nn.ModuleList(Block(channels, downsample=i != 1) for i in range(model.num_cells - 1))
        self.last = Block(channels, downsample=False)
        self.linear = nn.Linear(channels, 1, bias=False)
        for module in list(self.modules()):
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
            if spectral_norm and isinstance(module, nn.Conv2d | nn.Linear):
                with_spectral_norm(module)

    def forward(self, images: Tensor, stage: int) -> Tensor:
        """Logits, unbounded.

        Args:
            images: (N, C, S, S) in [-1, 1], of the stage's size.
            stage: search stage from 0; a full generator's images belong to the last one.

        Returns:
            (N, 1).
        """
        h: Tensor = self.first(images)
        for block in self.middle[:stage]:
            h = block(h)
        logits: Tensor = self.linear(F.relu(self.last(h)).sum(dim=(2, 3)))
        return logits
