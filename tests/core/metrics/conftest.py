"""The digits and their classifier, trained once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig, ScoresConfig
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.metrics.classifier import ClassifierExtractor
from autogan_core.metrics.features import load_extractor

CPU = torch.device("cpu")
CLASSIFIER = ScoresConfig(features="classifier")


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
