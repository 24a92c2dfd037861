"""The cost of extracting an image's features, in multiply-accumulates as `complexity` counts them."""

from __future__ import annotations

from functools import cache
from typing import Literal

import torch
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.metrics.features.classifier_network import new_network

INCEPTION_MACS = 5_713_000_000
"""InceptionV3's, of an image of any size and number of channels: it is resized to 299 pixels."""
_CLASSES = 10
"""Of the classifier that is counted. Each further class adds as many multiply-accumulates as there are features, which
is nothing beside the rest."""


def extractor_macs(features: Literal["inception", "classifier"], model: ModelConfig) -> int:
    """Counts the extractor's multiply-accumulates.

    Args:
        features: ``scores.features``.
        model: gives the size and channels of the images that a classifier is made for.

    Returns:
        Multiply-accumulates for one image.
    """
    if features == "inception":
        return INCEPTION_MACS
    return _classifier_macs(model.image_channels, model.image_size)


@cache
def _classifier_macs(image_channels: int, image_size: int) -> int:
    """Counted by PyTorch in the network itself, whose layers are not merged with anything."""
    network = new_network(image_channels, image_size, _CLASSES).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        network(torch.zeros(1, image_channels, image_size, image_size, dtype=torch.uint8))
    return counter.get_total_flops() // 2
