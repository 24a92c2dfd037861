"""The untrained extractors: equal weights in both variants."""

from __future__ import annotations

import pytest
import torch

from autogan_core.presets import load_config
from benchmarks.extractors import extractors


@pytest.mark.parametrize(("preset", "channels"), [("digits", 1), ("cifar10", 3)])
def test_both_variants_see_the_same(preset: str, channels: int) -> None:
    """Features and logits agree, and have not died out on the way."""
    config = load_config(preset, ["scores.precision=float32"], seed=0)
    product, plain = extractors(config, torch.device("cpu"))
    images = torch.randint(256, (2, channels, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for mine, theirs in zip(product(images), plain(images), strict=True):
            assert float(theirs.std()) > 1e-3
            torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-3 * float(theirs.abs().max()))
