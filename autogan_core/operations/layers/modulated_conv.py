"""A convolution whose kernels a latent vector scales."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_EPSILON = 1e-8


class ModulatedConv2d(nn.Conv2d):
    """A 3x3 convolution for each image of its own (Karras et al., CVPR 2020, section 2.2).

    The latent vector gives a scale for each input channel; each kernel so scaled is divided by its norm. The maps are
    scaled instead of the kernels, which gives the same. Unlike there, no network maps the latent vector before, the
    bias comes before the next activation, and no noise is added.
    """

    def __init__(self, channels: int, latent_dim: int) -> None:
        super().__init__(channels, channels, kernel_size=3, padding=1)
        self.style = nn.Linear(latent_dim, channels)
        nn.init.ones_(self.style.bias)

    def forward(self, x: Tensor, latents: Tensor) -> Tensor:  # type: ignore[override]
        """(N, C, H, W) and latent vectors (N, latent_dim) -> (N, C, H, W)."""
        style: Tensor = self.style(latents)
        with torch.autocast(x.device.type, enabled=False):  # eight bits of mantissa are too few for a norm
            wide = style.to(torch.promote_types(style.dtype, torch.float32))
            squares = self.weight.square().sum(dim=(2, 3))
            norms = torch.rsqrt(wide.square() @ squares.T + _EPSILON)
        convolved = self._conv_forward(x * style.to(x.dtype)[:, :, None, None], self.weight, None)
        assert self.bias is not None
        scale, bias = (part.to(convolved.dtype) for part in (norms, self.bias))
        return torch.addcmul(bias[:, None, None], convolved, scale[:, :, None, None])
