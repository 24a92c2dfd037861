"""The classifier's network and its weights file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from autogan_core.data import to_float
from autogan_core.errors import DataError
from autogan_core.metrics.features.recipes import RECIPE, RECIPES

NUM_FEATURES = 128
"""Length of a feature vector."""
SEED = 20190811
"""Seeds the first weights, the order of training and what is held out: constant, so that scores can be compared."""


class ClassifierNetwork(nn.Module):
    """A small residual network: 16, 40, 64, 64 and 128 channels; the mean of the last is the features.

    At 16x16 pixels an image costs 1.73 million multiply-accumulates, and larger images little more: the first
    convolution takes them down to 16 to 31 pixels. Its full resolution is what photographs of 16x16 need most: with a
    stride of 2 there the same work classifies four in a hundred fewer.

    Args:
        image_channels: 1 or 3.
        image_size: side in pixels that images are resized to, at least 4.
        num_classes: K.
        recipe: a number of `RECIPES`; 1 builds the network of earlier versions.

    Raises:
        ValueError: another recipe, of a later version.
    """

    def __init__(self, image_channels: int, image_size: int, num_classes: int, recipe: int = RECIPE) -> None:
        super().__init__()
        if recipe not in RECIPES:
            known = " and ".join(map(str, RECIPES))
            raise ValueError(f"this version knows no classifier of recipe {recipe}, but of {known}; update autogan")
        self.shapes = {
            "image_channels": image_channels,
            "image_size": image_size,
            "num_classes": num_classes,
            "recipe": recipe,
        }
        """What `build_network` makes the network from."""
        self.features = _features_of_recipe_1(image_channels) if recipe == 1 else _features(image_channels, image_size)
        self.classifier = nn.Linear(NUM_FEATURES, num_classes)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits of uint8 images.

        Args:
            images: uint8, shape (N, C, H, W); resized bilinearly where H and W are not the network's.

        Returns:
            Features (N, 128), at least 0, and logits (N, K), float32.

        Raises:
            DataError: C is not the number of channels that the network was trained on.
        """
        if images.shape[1] != self.shapes["image_channels"]:
            trained = self.shapes["image_channels"]
            raise DataError(f"the classifier knows images of {trained} channels, not {images.shape[1]}; score those")
        x = to_float(images)
        size = self.shapes["image_size"]
        if x.shape[2:] != (size, size):
            x = F.interpolate(x, (size, size), mode="bilinear", align_corners=False)
        features = self.features(x)
        return features, self.classifier(features)


class _Residual(nn.Module):
    """A block whose input is added to its output."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)  # type: ignore[no-any-return]


def _features(image_channels: int, image_size: int) -> nn.Sequential:
    stride = max(image_size // 16, 1)
    layers = nn.Sequential(
        *_convolution(image_channels, 16, stride, kernel=2 * stride + 1),
        *_convolution(16, 40, stride=2),
        *_convolution(40, 64, stride=2),
        _Residual(*_convolution(64, 64)),
        *_convolution(64, NUM_FEATURES, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    return layers.to(memory_format=torch.channels_last)  # a fifth faster to train on a CPU


def _features_of_recipe_1(image_channels: int) -> nn.Sequential:
    """Kept because a run that was begun with it has to be scored by it to its end."""
    return nn.Sequential(
        *_convolution(image_channels, 32, stride=2),
        *_convolution(32, 64, stride=2),
        *_convolution(64, 128, stride=2),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(128 * 2 * 2, NUM_FEATURES),
        nn.ReLU(),
    )


def _convolution(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()


def new_network(
    image_channels: int, image_size: int, num_classes: int, recipe: int = RECIPE, seed: int = SEED
) -> ClassifierNetwork:
    """An untrained network on the CPU; always the same one, and torch's global generators stay as they were."""
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would reseed the GPUs as well
        return ClassifierNetwork(image_channels, image_size, num_classes, recipe)


def dump_network(network: ClassifierNetwork) -> bytes:
    """The content of a weights file: safetensors, with the network's shapes as metadata."""
    tensors = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    return save(tensors, {"shapes": json.dumps(network.shapes)})  # one key: safetensors writes several in random order


def load_network(path: Path) -> ClassifierNetwork:
    """Loads a network from a cached weights file.

    Returns:
        The network on the CPU, in evaluation mode, without gradients.

    Raises:
        OSError: the file cannot be read.
        SafetensorError, KeyError, TypeError, ValueError, RuntimeError: it is damaged, or holds another network.
    """
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    return build_network(json.loads(metadata["shapes"]), tensors)


def build_network(shapes: Mapping[str, int], tensors: Mapping[str, Tensor]) -> ClassifierNetwork:
    """Builds a network from its shapes and weights.

    Args:
        shapes: `ClassifierNetwork.shapes`; those that an earlier version stored name no recipe, and it was the first.
        tensors: the weights.

    Returns:
        The network on the CPU, in evaluation mode, without gradients.

    Raises:
        TypeError, ValueError, RuntimeError: they are another network's.
    """
    network = new_network(**{"recipe": 1, **shapes})
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)
