"""Self-attention over maps."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from autogan_core.operations.layers.self_attention import SelfAttention2d, key_pooling


def test_it_adds_nothing_at_first() -> None:
    """A fresh layer hands its map on, so that a search can add it to a trained cell."""
    x = torch.randn(2, 8, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(SelfAttention2d(8, 16)(x), x)


def test_each_pixel_takes_in_a_weighted_mean_of_the_map() -> None:
    """As written down for one pixel at a time: softmax of its query's products with all keys, over the values."""
    torch.manual_seed(0)
    layer, x = SelfAttention2d(16, 16).double(), torch.randn(2, 16, 6, 6, dtype=torch.double)
    with torch.no_grad():
        layer.gain.fill_(0.5)
        small = F.avg_pool2d(x, 2)
        keys, values = layer.key(small).flatten(2), layer.value(small).flatten(2)
        for row, column in ((0, 0), (2, 5), (5, 3)):
            query = layer.query(x)[:, :, row, column]
            weights = torch.stack([keys[:, :, k].mul(query).sum(1) for k in range(9)], 1).softmax(1)
            taken = (values * weights[:, None]).sum(2)
            expected = x[:, :, row, column] + 0.5 * layer.output(taken[:, :, None, None])[:, :, 0, 0]
            torch.testing.assert_close(layer(x)[:, :, row, column], expected)


@pytest.mark.parametrize(("rows", "pooling"), [(4, 2), (6, 2), (32, 2), (48, 4), (64, 4), (128, 8), (66, 2)])
def test_keys_are_pooled_to_a_small_map(rows: int, pooling: int) -> None:
    """By two, and further on large maps, as far as their rows can be halved."""
    assert key_pooling(rows, 16) == pooling
