"""The batched spectral norm against PyTorch's own, layer by layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm as pytorchs

from autogan_core.networks.spectral_norm import SpectralNorm

SHAPES = ((1, 6), (4, 3, 3, 3), (6, 4, 3, 3), (6, 4, 1, 1))


def weights() -> list[Tensor]:
    rng = torch.Generator().manual_seed(0)
    return [torch.randn(shape, dtype=torch.float64, generator=rng).requires_grad_() for shape in SHAPES]


def layer(weight: Tensor) -> nn.Module:
    """A layer of that weight under PyTorch's spectral norm."""
    outputs, inputs = weight.shape[:2]
    plain = nn.Linear(inputs, outputs) if weight.dim() == 2 else nn.Conv2d(inputs, outputs, weight.shape[2])
    plain.double().weight.data.copy_(weight.detach())
    return pytorchs(plain)


def test_three_training_passes_equal_pytorchs() -> None:
    """From the same vectors, weights, gradients and the next vectors are PyTorch's for every layer."""
    own = weights()
    norm, layers = SpectralNorm(own).double(), [layer(weight) for weight in own]
    for i, each in enumerate(layers):
        [parametrization] = each.parametrizations.weight  # type: ignore[union-attr, misc]
        norm.left[i] = 0
        norm.right[i] = 0
        norm.left[i, : len(parametrization._u)] = parametrization._u
        inputs = parametrization._v.view(own[i].shape[1:])
        norm.right[i, : inputs.numel()] = inputs.permute(*range(1, inputs.dim()), 0).flatten()
    for _ in range(3):
        seen: list[Tensor] = norm(own)
        expected: list[Tensor] = [each.weight for each in layers]  # type: ignore[misc]
        torch.testing.assert_close(seen, expected, rtol=1e-12, atol=1e-12)
        gradients = torch.autograd.grad(sum((w * w.detach().cos()).sum() for w in seen), own)  # type: ignore[arg-type]
        for each, weight, gradient in zip(layers, expected, gradients, strict=True):
            original = each.get_parameter("parametrizations.weight.original")
            [theirs] = torch.autograd.grad((weight * weight.detach().cos()).sum(), original)
            torch.testing.assert_close(gradient, theirs, rtol=1e-10, atol=1e-12)


def test_only_training_passes_over_a_layer_move_its_estimate() -> None:
    """Evaluation moves no vector; a pass over the first layers leaves the others' alone."""
    own = weights()
    norm = SpectralNorm(own).double()
    before = norm.left.clone(), norm.right.clone()
    norm.eval()
    norm(own)
    assert torch.equal(norm.left, before[0]) and torch.equal(norm.right, before[1])
    norm.train()
    assert len(norm(own[:2])) == 2
    assert torch.equal(norm.left[2:], before[0][2:]) and torch.equal(norm.right[2:], before[1][2:])
    assert not torch.equal(norm.right[1], before[1][1])


def test_estimates_begin_close() -> None:
    """A new module has iterated already: the largest singular values are 1 to a tenth."""
    own = weights()
    for weight in SpectralNorm(own).eval()(own):
        value = torch.linalg.matrix_norm(weight.detach().flatten(1), 2).item()
        assert 0.999 < value < 1.1


def test_padding_stays_zero() -> None:
    """Vectors have no part beyond a layer's own size, however often it is used."""
    own = weights()
    norm = SpectralNorm(own).double()
    for _ in range(5):
        norm(own)
    for i, weight in enumerate(own):
        rows, columns = weight.flatten(1).shape
        assert not norm.left[i, rows:].any() and not norm.right[i, columns:].any()


def test_autocast_leaves_it_alone() -> None:
    """Inside a reduced-precision context the weights come out in float32, as they do outside."""
    own = [weight.detach().float() for weight in weights()]
    norm = SpectralNorm(own).eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = norm(own)
    assert all(torch.equal(x, y) for x, y in zip(inside, norm(own), strict=True))
