"""A feature extractor that keeps the first images that go through it."""

from __future__ import annotations

import torch
from torch import Tensor

from autogan_core.metrics.features.extractor import FeatureExtractor


class KeepingExtractor:
    """Wraps another extractor, and keeps its first images with their features."""

    def __init__(self, extractor: FeatureExtractor, most: int) -> None:
        """Keeps nothing yet.

        Args:
            extractor: computes the features.
            most: images that are kept.
        """
        self._extractor, self._most = extractor, most
        self.name, self.suffix = extractor.name, extractor.suffix
        self.fingerprint, self.precision = extractor.fingerprint, extractor.precision
        self.accuracy = extractor.accuracy
        self._images, self._features = list[Tensor](), list[Tensor]()

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See `FeatureExtractor`."""
        features, logits = self._extractor(images)
        if (missing := self._most - sum(map(len, self._images))) > 0:
            self._images.append(images[:missing])
            self._features.append(features[:missing])
        return features, logits

    def kept(self) -> tuple[Tensor, Tensor]:
        """The images, uint8 (N, C, S, S), and their features (N, F), on the extractor's devices; at least one."""
        return torch.cat(self._images), torch.cat(self._features)
