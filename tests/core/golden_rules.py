"""How the golden file writes architectures, and the deterministic weights of its ``fill_rule``."""

from __future__ import annotations

import torch
from torch import nn

from autogan_core.networks.discriminator import Discriminator
from autogan_core.networks.generator import Generator
from autogan_core.search_space import Architecture

_BLOCK_ROLES = {
    "block1.post": {"deconv": 1, "conv": 2, "bn": 3},
    "block1.pre": {"bn": 4, "deconv": 5, "conv": 6},
    "block2.post": {"conv": 7, "bn": 8},
    "block2.pre": {"bn": 9, "conv": 10},
}


def from_tokens(tokens: list[int]) -> Architecture:
    """An architecture from the released code's flat token vector."""
    slices = [tokens[0:4], tokens[4:9], tokens[9:14]]
    return Architecture.parse("-".join("".join(map(str, part)) for part in slices if part))


def _fill(module: nn.Module, salt: int) -> None:
    for name, parameter in module.named_parameters(recurse=False):
        k = torch.arange(parameter.numel(), dtype=torch.float64) + 1 + salt
        if isinstance(module, nn.BatchNorm2d):
            values = 1 + 0.1 * k.sin() if name == "weight" else 0.1 * k.cos()
        elif name == "weight":
            values = k.sin() / (parameter.numel() / parameter.shape[0]) ** 0.5
        else:
            values = 0.1 * k.cos()
        with torch.no_grad():
            parameter.copy_(values.view_as(parameter))


def fill_generator(generator: Generator) -> None:
    """Applies the rule to every layer that the generator has."""
    modules = dict(generator.named_modules())
    salts: dict[str, int] = {"project": 0, "to_rgb.0": 400, "to_rgb.2": 401}
    for c in range(len(generator.cells)):
        cell, base = f"cells.{c}.", 100 * (c + 1)
        for block, roles in _BLOCK_ROLES.items():
            salts |= {f"{cell}{block}.{layer}": base + role for layer, role in roles.items()}
        salts |= {f"{cell}shortcut_deconv": base + 11, f"{cell}shortcut_conv": base + 12}
        for j in range(c):
            salts[f"{cell}skip_convs.{j}"] = base + 16 + j
            scale = {1: [13], 2: [14, 15]}[c - j]
            salts |= {f"{cell}skip_deconvs.{j}.{i}": base + role for i, role in enumerate(scale)}
    filled = [name for name in salts if modules.get(name) is not None]
    for name in filled:
        _fill(modules[name], salts[name])
    owners = {name for name, module in modules.items() if list(module.parameters(recurse=False))}
    assert owners == set(filled), "a layer with weights has no place in the fill rule"


def fill_discriminator(discriminator: Discriminator) -> None:
    """Applies the rule to every layer of a three-stage discriminator without spectral norm."""
    blocks = [discriminator.first, *discriminator.middle, discriminator.last]
    for b, block in enumerate(blocks):
        for role, name in enumerate(("conv1", "conv2", "shortcut"), start=1):
            layer = getattr(block, name)
            if layer is not None:
                _fill(layer, 500 + 10 * b + role)
    _fill(discriminator.linear, 541)
