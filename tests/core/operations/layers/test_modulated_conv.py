"""Convolutions whose kernels a latent vector scales."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from autogan_core.operations.layers.modulated_conv import ModulatedConv2d


def test_each_image_has_kernels_of_its_own() -> None:
    """Scaling maps gives what scaling and normalising each image's kernels gives, bias added behind."""
    torch.manual_seed(0)
    layer = ModulatedConv2d(5, 3).double()
    x, z = torch.randn(4, 5, 6, 6, dtype=torch.double), torch.randn(4, 3, dtype=torch.double)
    with torch.no_grad():
        assert layer.bias is not None
        layer.bias.normal_()
        for image, latents, found in zip(x, z, layer(x, z), strict=True):
            kernels = layer.weight * layer.style(latents)[None, :, None, None]
            kernels = kernels / (kernels.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
            torch.testing.assert_close(found, F.conv2d(image[None], kernels, layer.bias, padding=1)[0])


def test_a_longer_latent_vector_makes_no_larger_map() -> None:
    """Kernels keep their norm, so that a style's size does not count, its direction does."""
    torch.manual_seed(0)
    layer, x = ModulatedConv2d(8, 4), torch.randn(2, 8, 6, 6)
    with torch.no_grad():
        assert layer.style.bias is not None
        layer.style.bias.zero_()
        z = torch.randn(2, 4)
        torch.testing.assert_close(layer(x, z), layer(x, 10 * z), rtol=1e-4, atol=1e-4)
        assert not torch.allclose(layer(x, z), layer(x, z.flip(0)), atol=0.1)
