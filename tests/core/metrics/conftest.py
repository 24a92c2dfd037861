"""The digits and their classifier, trained once for all tests of this folder, and InceptionV3 weights."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from autogan_core.config import DataConfig, ModelConfig, ScoresConfig
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.metrics.features.classifier import ClassifierExtractor
from autogan_core.metrics.features.extractor import load_extractor

CPU = torch.device("cpu")
CLASSIFIER = ScoresConfig(features="classifier")
REMEDY = r"--set scores.inception_weights=PATH.*--set scores.features=classifier"


@pytest.fixture(scope="session")
def digits() -> ImageDataset:
    """scikit-learn's digits, 16x16 and grey."""
    return load_dataset(DataConfig(name="digits"), ModelConfig(bottom_width=2, image_channels=1), seed=0)


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache that holds the classifier of `digits`."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def classifier(digits: ImageDataset, cache_dir: Path) -> ClassifierExtractor:
    """The classifier of `digits`."""
    extractor = load_extractor(CLASSIFIER, digits, CPU, cache_dir)
    assert isinstance(extractor, ClassifierExtractor)
    return extractor


@pytest.fixture
def noise() -> Tensor:
    """500 grey images of uniform noise, 16x16."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (500, 1, 16, 16), dtype=torch.uint8, generator=generator)


class _Untrained(FeatureExtractorInceptionV3):  # type: ignore[misc]
    """InceptionV3 that keeps its random weights."""

    def load_state_dict(self, *_: object) -> None:
        """Loads nothing."""


def blobs(count: int, seed: int) -> Tensor:
    """Colour images of four random colours that run into each other, uint8 (count, 3, 32, 32)."""
    coarse = torch.rand(count, 3, 2, 2, generator=torch.Generator().manual_seed(seed))
    return (F.interpolate(coarse, (32, 32), mode="bilinear") * 255).to(torch.uint8)


@pytest.fixture
def colour() -> Tensor:
    """Four colour images."""
    return blobs(4, seed=0)


@pytest.fixture(scope="session")
def inception_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file that behaves like a trained one: maps are normalised, and logits tell images apart.

    With PyTorch's first weights all images look alike after 94 layers, and any score is 1; with wider ones and no
    biases rounding errors double from block to block, as in no trained network.
    """
    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    with torch.random.fork_rng(devices=()), torch.no_grad():
        torch.manual_seed(0)
        network = _Untrained("inception-v3-compat", ["2048"], feature_extractor_weights_path=nothing)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            elif isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0  # the running statistics become this batch's
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, 0.5, 0.1)
        network.train()(blobs(8, seed=1))
        features = network.eval()(blobs(16, seed=2))[0]
        directions = F.normalize(features - features.mean(0))
        network.fc.weight.copy_(torch.randn(1008, 16) @ directions / 2)
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save(network.state_dict(), path)
    return path
