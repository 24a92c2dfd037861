"""What feature extractors cost, against what PyTorch counts in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.config import ModelConfig
from autogan_core.metrics.features.classifier import ClassifierExtractor
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.features.extractor_macs import extractor_macs
from autogan_core.metrics.features.inception import load_inception

SMALL = ModelConfig(bottom_width=2, image_channels=1)


def counted(extractor: FeatureExtractor, images: Tensor) -> int:
    counter = FlopCounterMode(display=False)
    with counter:
        extractor(images)
    return counter.get_total_flops() // 2


def test_a_classifiers_is_that_of_the_extractor(classifier: ClassifierExtractor, noise: Tensor) -> None:
    """The trained classifier of the digits costs what is said beforehand, image by image."""
    assert counted(classifier, noise[:3]) == 3 * extractor_macs("classifier", SMALL)


@pytest.mark.parametrize("channels", [1, 3])
def test_inceptions_is_that_of_the_extractor(inception_weights: Path, channels: int) -> None:
    """Whatever the size and the channels of the images; up to what the resizing takes, one in a thousand."""
    inception = load_inception(inception_weights, torch.device("cpu"), "float32")
    images = torch.zeros(1, channels, 16, 16, dtype=torch.uint8)
    assert counted(inception, images) == pytest.approx(extractor_macs("inception", SMALL), rel=0.001)
