"""Generators in the checkpoints of the paper's released code, under this project's names.

The released code (VITA-Group/AutoGAN) has a module for each of three architectures. The tensors' names tell which one a
file holds, and their shapes its sizes; up-sampling has no tensors, so no other architecture can be told.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autogan_core.config import ModelConfig
from autogan_core.errors import ConfigError
from autogan_core.networks.generator import Generator
from autogan_core.search_space import NAMED, Architecture, SearchSpace
from autogan_core.storage.files import sha256_of

RELEASED = {"autogan_cifar10_a": "paper-top1", "autogan_cifar10_b": "paper-top2", "autogan_cifar10_c": "paper-top3"}
"""The released code's name of a module -> the name of its architecture here."""
PARTS = ("avg_gen_state_dict", "gen_state_dict")
"""Where a checkpoint keeps a generator, in the order of preference: scores are of averaged weights."""


@dataclass(frozen=True, slots=True, eq=False)
class ReleasedGenerator:
    """A generator as a file of the released code holds it."""

    architecture: Architecture
    model: ModelConfig
    """Its shapes."""
    channels: int
    """Feature maps of every layer."""
    weights: Mapping[str, Tensor]
    """The state dict of a `Generator` over this architecture, float32, on the CPU."""
    part: str | None
    """Which of `PARTS` it was; None of a file that holds a generator and nothing else."""
    epoch: int | None
    """Epochs that it was trained, if the file says so."""
    sha256: str
    """The file's, 64 hex digits."""


def read_released(path: Path) -> ReleasedGenerator:
    """Reads a checkpoint, or the plain weights of a generator. Nothing in the file is executed.

    Args:
        path: a ``.pth`` file that the released code has written.

    Returns:
        The generator, in this project's form.

    Raises:
        ConfigError: there is no such file, it is none of weights, or it holds none of the three architectures.
    """
    tree = _loaded(path)
    part = next((name for name in PARTS if isinstance(tree.get(name), Mapping)), None)
    found = {str(name): value for name, value in (tree[part] if part else tree).items()}
    architecture = _recognised(found, path)
    names = released_names(architecture)
    weights = {names[name]: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in found.items()}
    model, channels = _sizes(found, architecture, path)
    try:
        with torch.device("meta"):
            Generator(SearchSpace.only(architecture), model, channels).load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise ConfigError(f"{path} does not fit together: {error}; fetch it again") from error
    epoch = tree.get("epoch")
    return ReleasedGenerator(
        architecture, model, channels, weights, part, epoch if isinstance(epoch, int) else None, sha256_of(path)
    )


def released_names(architecture: Architecture) -> dict[str, str]:
    """The released code's name of every tensor of a pre-activation generator -> the name here."""
    layers = {"l1": "project", "to_rgb.0": "to_rgb.0", "to_rgb.2": "to_rgb.2"}
    for i, cell in enumerate(architecture.cells):
        theirs, ours = f"cell{i + 1}", f"cells.{i}"
        layers |= {f"{theirs}.c{block}": f"{ours}.block{block}.pre.conv" for block in (1, 2)}
        layers |= {f"{theirs}.n{block}": f"{ours}.block{block}.pre.bn" for block in (1, 2) if cell.norm == "bn"}
        layers |= {f"{theirs}.c_sc": f"{ours}.shortcut_conv"} if cell.shortcut else {}
        # It lists a convolution for each skip that comes in, first cell first.
        layers |= {f"{theirs}.skip_in_ops.{n}": f"{ours}.skip_convs.{source}" for n, source in enumerate(cell.sources)}
    norms = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return {
        f"{theirs}.{kind}": f"{ours}.{kind}"
        for theirs, ours in layers.items()
        for kind in (norms if ours.endswith((".bn", "to_rgb.0")) else norms[:2])
    }


def _loaded(path: Path) -> Mapping[Any, Any]:
    if not path.is_file():
        raise ConfigError(f"there is no file {path}; give a .pth file of the released code")
    # Its checkpoints hold the best FID as a number of NumPy's, which is data as well.
    scalar: Callable[..., Any] = np.float64(0).__reduce__()[0]  # type: ignore[assignment]
    numbers: list[Any] = [scalar, (scalar, "numpy.core.multiarray.scalar"), np.dtype, type(np.dtype(np.float64))]
    try:
        with torch.serialization.safe_globals(numbers):
            tree = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, LookupError, TypeError, pickle.UnpicklingError) as error:
        raise ConfigError(f"{path} is not a plain file of weights; give a .pth file of the released code") from error
    if not isinstance(tree, Mapping):
        raise ConfigError(
            f"{path} holds a {type(tree).__name__}, not named weights; give a .pth file of the released code"
        )
    return tree


def _recognised(found: Mapping[str, Any], path: Path) -> Architecture:
    if all(isinstance(value, Tensor) for value in found.values()):
        for name in RELEASED.values():
            if found.keys() == released_names(NAMED[name]).keys():
                return NAMED[name]
    shown = ", ".join(sorted(found)[:4])
    raise ConfigError(
        f"{path} holds {len(found)} values ({shown}, ...), the weights of none of {', '.join(RELEASED)}; give a file "
        "of one of these"
    )


def _sizes(found: Mapping[str, Tensor], architecture: Architecture, path: Path) -> tuple[ModelConfig, int]:
    channels, (outputs, latent_dim) = len(found["to_rgb.0.weight"]), found["l1.weight"].shape
    width = math.isqrt(outputs // max(channels, 1))
    image_channels = len(found["to_rgb.2.weight"])
    if width < 1 or width**2 * channels != outputs or image_channels not in (1, 3):
        raise ConfigError(
            f"{path} does not fit together: {channels} feature maps, {outputs} outputs of the first layer and "
            f"{image_channels} image channels; fetch it again"
        )
    sizes = {"bottom_width": width, "latent_dim": latent_dim, "image_channels": image_channels}
    return ModelConfig(num_cells=architecture.depth, **sizes), channels
