"""The extractor that keeps what goes through it."""

from __future__ import annotations

import pytest
import torch

from autogan_core.metrics.features.keeping import KeepingExtractor
from tests.core.tiny import FixedExtractor, tiny_dataset


@pytest.mark.parametrize(("most", "kept"), [(7, 7), (20, 20), (25, 25), (100, 64)])
def test_it_keeps_the_first_images(most: int, kept: int) -> None:
    """And their features, in batches of any size; what it returns is the extractor's."""
    extractor, images = FixedExtractor(), tiny_dataset().images
    keeper = KeepingExtractor(extractor, most)
    for batch in torch.split(images, 10):
        assert all(map(torch.equal, keeper(batch), extractor(batch)))
    found, features = keeper.kept()
    assert torch.equal(found, images[:kept])
    torch.testing.assert_close(features, extractor(images[:kept])[0])
    assert (keeper.name, keeper.suffix, keeper.fingerprint) == ("fixed", "_fixed", "fixed")
