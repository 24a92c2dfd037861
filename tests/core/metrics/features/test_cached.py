"""Features that are kept on disk."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from autogan_core.metrics.features.cached import cached_features
from tests.core.tiny import FixedExtractor, tiny_dataset


class CountingExtractor(FixedExtractor):
    """Counts the images whose features it computes."""

    def __init__(self, fingerprint: str = "fixed") -> None:
        super().__init__()
        self.fingerprint, self.seen = fingerprint, 0

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        self.seen += len(images)
        return super().__call__(images)


def test_the_second_time_they_are_read(tmp_path: Path) -> None:
    """Equal in every bit, without a call; other images, data or extractors have features of their own."""
    dataset, extractor = tiny_dataset(), CountingExtractor()
    first = cached_features(dataset.images, "all", dataset, extractor, tmp_path, 10)
    torch.testing.assert_close(first, FixedExtractor()(dataset.images)[0])
    assert torch.equal(cached_features(dataset.images, "all", dataset, extractor, tmp_path, 32), first)
    assert extractor.seen == len(dataset.images) == 64
    mirrored = dataset.images.flip(3)
    assert not torch.equal(cached_features(mirrored, "mirrored", dataset, extractor, tmp_path, 32), first)
    cached_features(dataset.images, "all", replace(dataset, fingerprint="other"), extractor, tmp_path, 32)
    assert extractor.seen == 3 * 64
    other = CountingExtractor("other")
    cached_features(dataset.images, "all", dataset, other, tmp_path, 32)
    assert other.seen == 64


@pytest.mark.parametrize("damage", ["cut", "empty", "shape"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    """With one sentence that names it."""
    dataset, extractor = tiny_dataset(), CountingExtractor()
    first = cached_features(dataset.images, "all", dataset, extractor, tmp_path, 64)
    [path] = tmp_path.iterdir()
    if damage == "shape":
        with path.open("wb") as file:
            np.savez(file, features=np.zeros((3, 8), dtype=np.float32))
    else:
        path.write_bytes(path.read_bytes()[: 200 if damage == "cut" else 0])
    with caplog.at_level(logging.WARNING):
        assert torch.equal(cached_features(dataset.images, "all", dataset, extractor, tmp_path, 64), first)
    assert f"the cached features {path} are damaged" in caplog.text
    assert torch.equal(cached_features(dataset.images, "all", dataset, extractor, tmp_path, 64), first)
    assert extractor.seen == 2 * 64
