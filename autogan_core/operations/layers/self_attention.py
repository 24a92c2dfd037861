"""Self-attention over a feature map."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SelfAttention2d(nn.Module):
    """Adds to each pixel what it finds by looking at the whole map (Zhang et al., ICML 2019).

    Keys and values are taken from an averaged map of half the rows; their code takes the largest values instead, which
    has no gradient that adds in the same order each time. At first nothing is added.
    """

    def __init__(self, channels: int, most_keys: int) -> None:
        super().__init__()
        query, value = widths(channels)
        self.query = nn.Conv2d(channels, query, 1)
        self.key = nn.Conv2d(channels, query, 1)
        self.value = nn.Conv2d(channels, value, 1)
        self.output = nn.Conv2d(value, channels, 1)
        self.gain = nn.Parameter(torch.zeros(()))
        self._most_keys = most_keys

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, S, S) -> the same, S even."""
        count, _, rows, columns = x.shape
        small = F.avg_pool2d(x, key_pooling(rows, self._most_keys))
        query, key, value = (part.flatten(2) for part in (self.query(x), self.key(small), self.value(small)))
        weights = torch.matmul(query.transpose(1, 2), key).softmax(dim=2).to(value.dtype)
        found = torch.matmul(value, weights.transpose(1, 2)).view(count, -1, rows, columns)
        attended: Tensor = self.output(found)
        return x + self.gain.to(x.dtype) * attended


def widths(channels: int) -> tuple[int, int]:
    """Feature maps of queries and keys, and of values."""
    return max(channels // 8, 1), max(channels // 2, 1)


def key_pooling(rows: int, most: int) -> int:
    """The power of two by which a map of so many rows is pooled for keys: 2, or what leaves ``most`` rows."""
    pooling = 2
    while rows // pooling > most and rows % (2 * pooling) == 0:
        pooling *= 2
    return pooling
