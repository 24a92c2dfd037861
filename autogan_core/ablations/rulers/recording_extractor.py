"""Scores of the first images of a set, for several numbers of images at once."""

from __future__ import annotations

import time

import torch
from torch import Tensor

from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.frechet import Moments, MomentsAccumulator, frechet_distance
from autogan_core.metrics.kid import kernel_distance
from autogan_core.metrics.scores import Scores, inception_score


class RecordingExtractor:
    """Wraps another extractor, and keeps its results until `start` is called again."""

    def __init__(self, extractor: FeatureExtractor) -> None:
        self._extractor = extractor
        self.name, self.suffix = extractor.name, extractor.suffix
        self.fingerprint, self.precision = extractor.fingerprint, extractor.precision
        self.accuracy = extractor.accuracy
        self.start()

    def start(self) -> None:
        """Forgets everything, and starts the clock."""
        self._features, self._logits = list[Tensor](), list[Tensor]()
        self._started, self._ends = time.monotonic(), list[float]()

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See `FeatureExtractor`."""
        features, logits = self._extractor(images)
        if logits.is_cuda:  # else the clock would run ahead of the GPU
            torch.cuda.synchronize(logits.device)
        self._features.append(features)
        self._logits.append(logits)
        self._ends.append(time.monotonic())
        return features, logits

    def scores(self, count: int, splits: int, reference: Moments, real_features: Tensor) -> Scores:
        """Computes all three scores of the first ``count`` images.

        Args:
            count: at least two, and no more than were seen.
            splits: for the Inception score.
            reference: real images' moments, for FID.
            real_features: features (M, F) of real images, for KID.

        Returns:
            Inception score, FID and KID; NaN where features or logits were not finite.
        """
        features, logits = (torch.cat(parts)[:count] for parts in (self._features, self._logits))
        moments = MomentsAccumulator()
        moments.add(features)
        mean, std = inception_score(logits, splits)
        fid, (kid, _) = frechet_distance(moments.moments(), reference), kernel_distance(features, real_features)
        return Scores(mean, std, fid, count, splits, self.suffix, kid, accuracy=self.accuracy)

    def seconds(self, count: int) -> float:
        """Time from the start until ``count`` images were seen, on the line through the first batch and the last."""
        first, total = len(self._logits[0]), sum(map(len, self._logits))
        if total == first:
            return (self._ends[0] - self._started) * count / total
        pace = (self._ends[-1] - self._ends[0]) / (total - first)
        return self._ends[0] - self._started + pace * (count - first)
