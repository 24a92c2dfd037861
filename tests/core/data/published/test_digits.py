"""The digits that come with scikit-learn."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits

from autogan_core.config import ModelConfig
from autogan_core.data.published.digits import open_digits


def test_digits_at_their_own_size_are_scikit_learn_s() -> None:
    """At 8x8 nothing is lost: 0..16 becomes 0..255, in scikit-learn's order, with its labels."""
    train = open_digits(None, ModelConfig(bottom_width=2, num_cells=2, image_channels=1)).train
    pixels = train.pixels[torch.arange(1797)]
    original = load_digits()
    levels = torch.tensor([0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255])
    assert torch.equal(pixels[:, 0].long(), levels[torch.from_numpy(original.images).long()])
    assert train.labels is not None and train.labels.tolist() == original.target.tolist()


@pytest.mark.parametrize("size", [4, 16, 32])
def test_digits_are_scaled_to_the_generator(size: int) -> None:
    """Any size, smaller or larger, keeps the mean brightness."""
    source = open_digits(Path("unused"), ModelConfig(bottom_width=size // 2, num_cells=1, image_channels=1))
    images = source.train.pixels[torch.arange(1797)]
    assert images.shape == (1797, 1, size, size) and source.num_classes == 10 and source.test is None
    assert images.float().mean().item() == pytest.approx(load_digits().images.mean() / 16 * 255, rel=0.06)
