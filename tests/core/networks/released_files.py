"""Weights under the released code's names, and what its networks compute with them, stated anew for the tests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

UPS = {"a": ("nearest", "bilinear", "nearest"), "b": ("nearest",) * 3, "c": ("nearest", "bilinear", "nearest")}
"""How each cell of the released modules ``autogan_cifar10_a``, ``_b`` and ``_c`` enlarges."""
SHORTCUTS: dict[str, tuple[int, ...]] = {"a": (1, 2), "b": (1, 2, 3), "c": (1, 2)}
NORMALISED: dict[str, tuple[int, ...]] = {"a": (), "b": (), "c": (1,)}


def released_shapes(module: str, channels: int, width: int, latent_dim: int, colours: int) -> dict[str, list[int]]:
    """The names and shapes of a released module's tensors."""
    shapes = {"l1": [channels * width**2, latent_dim], "to_rgb.2": [colours, channels, 3, 3]}
    for cell in (1, 2, 3):
        shapes |= {f"cell{cell}.c{block}": [channels, channels, 3, 3] for block in (1, 2)}
        ones = [f"cell{cell}.c_sc"] if cell in SHORTCUTS[module] else []
        ones += [f"cell{cell}.skip_in_ops.{source}" for source in range(cell - 1)]
        shapes |= {name: [channels, channels, 1, 1] for name in ones}
    tensors = {f"{name}.weight": shape for name, shape in shapes.items()}
    tensors |= {f"{name}.bias": shape[:1] for name, shape in shapes.items()}
    for norm in ("to_rgb.0", *(f"cell{cell}.n{block}" for cell in NORMALISED[module] for block in (1, 2))):
        tensors |= {f"{norm}.{kind}": [channels] for kind in ("weight", "bias", "running_mean", "running_var")}
        tensors[f"{norm}.num_batches_tracked"] = []
    return tensors


def released_weights(
    module: str, seed: int = 0, channels: int = 4, width: int = 2, latent_dim: int = 8, colours: int = 1
) -> dict[str, Tensor]:
    """Random weights of a released module; variances are positive."""
    rng = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in released_shapes(module, channels, width, latent_dim, colours).items():
        if name.endswith("num_batches_tracked"):
            weights[name] = torch.tensor(7)
        elif name.endswith("running_var"):
            weights[name] = torch.rand(shape, generator=rng) + 0.5
        else:
            weights[name] = torch.randn(shape, generator=rng) / math.prod(shape[1:]) ** 0.5
    return weights


def released_images(module: str, weights: Mapping[str, Tensor], z: Tensor) -> Tensor:
    """What the released module computes in eval mode: (N, latent_dim) -> (N, C, S, S)."""

    def convolved(x: Tensor, name: str) -> Tensor:
        weight = weights[f"{name}.weight"]
        return F.conv2d(x, weight, weights[f"{name}.bias"], padding=weight.shape[-1] // 2)

    def normalised(x: Tensor, name: str) -> Tensor:
        mean, variance, weight, bias = (
            weights[f"{name}.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias)

    channels = len(weights["to_rgb.0.weight"])
    x = F.linear(z, weights["l1.weight"], weights["l1.bias"])
    width = int((x.shape[1] // channels) ** 0.5)
    x, maps = x.view(-1, channels, width, width), list[Tensor]()
    for cell, up in enumerate(UPS[module], start=1):
        has_norm = cell in NORMALISED[module]
        size = [2 * side for side in x.shape[-2:]]
        h = F.relu(normalised(x, f"cell{cell}.n1") if has_norm else x)
        h = convolved(F.interpolate(h, size, mode=up), f"cell{cell}.c1")
        for source, earlier in enumerate(maps):
            h = h + convolved(F.interpolate(earlier, size, mode=up), f"cell{cell}.skip_in_ops.{source}")
        maps.append(h)
        out = convolved(F.relu(normalised(h, f"cell{cell}.n2") if has_norm else h), f"cell{cell}.c2")
        if cell in SHORTCUTS[module]:
            out = out + convolved(F.interpolate(x, size, mode=up), f"cell{cell}.c_sc")
        x = out
    return torch.tanh(convolved(F.relu(normalised(x, "to_rgb.0")), "to_rgb.2"))


def write_checkpoint(path: Path, module: str, **sizes: int) -> dict[str, Tensor]:
    """A checkpoint as the released ``train.py`` writes it, with other last weights than averaged ones.

    Returns:
        The averaged weights.
    """
    average = released_weights(module, **sizes)
    content = {
        "epoch": 300,
        "gen_model": f"autogan_cifar10_{module}",
        "gen_state_dict": released_weights(module, seed=1, **sizes),
        "dis_state_dict": {"l5.weight_orig": torch.ones(1, 4)},
        "avg_gen_state_dict": average,
        "gen_optimizer": {"state": {0: {"step": 5, "exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 2e-4}]},
        "best_fid": np.float64(12.42),
        "path_helper": {"log_path": "logs/x/Log"},
    }
    torch.save(content, path)
    return average
