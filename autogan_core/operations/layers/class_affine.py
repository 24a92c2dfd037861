"""What a generator knows of an image's class: the second half of class-conditional normalisation."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ClassAffine(nn.Module):
    """A scale and a shift of each channel for each class, behind a normalisation (Miyato and Koyama, ICLR 2018).

    At first they change nothing.
    """

    def __init__(self, classes: int, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(classes, channels))
        self.shift = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """(N, C, H, W) and int64 labels (N,) -> (N, C, H, W)."""
        scale, shift = (F.embedding(labels, table)[:, :, None, None].to(x.dtype) for table in (self.scale, self.shift))
        return torch.addcmul(shift, x, scale)
