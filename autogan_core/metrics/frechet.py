"""Fréchet Inception distance (FID), by torch-fidelity's formula on moments that are gathered batch by batch."""

from __future__ import annotations

import io
import logging
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.metrics.features.cache import cache_key
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.storage import write_atomically

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moments:
    """The Gaussian that FID takes a set of features for."""

    mean: npt.NDArray[np.float64]
    """Shape (F,)."""
    covariance: npt.NDArray[np.float64]
    """Shape (F, F), unbiased; NaN for a single image."""
    count: int
    """Images behind it."""


class MomentsAccumulator:
    """Gathers `Moments` batch by batch, in float64 on the features' device, without keeping the features.

    Each batch is merged by its own mean and scatter, so nothing cancels as it does in a difference of raw sums.
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean = torch.empty(0)
        self._scatter = torch.empty(0)

    def add(self, features: Tensor) -> None:
        """Adds features of shape (N, F), N >= 1."""
        batch = features.double()
        mean = batch.mean(0)
        scatter = (batch - mean).T @ (batch - mean)
        if self._count == 0:
            self._count, self._mean, self._scatter = len(batch), mean, scatter
            return
        total = self._count + len(batch)
        shift = mean - self._mean
        between = torch.outer(shift, shift) * (self._count * len(batch) / total)
        self._scatter = self._scatter + scatter + between
        self._mean = self._mean + shift * (len(batch) / total)
        self._count = total

    def moments(self) -> Moments:
        """The moments of everything taken in so far; at least one batch."""
        covariance = self._scatter / (self._count - 1) if self._count > 1 else torch.full_like(self._scatter, math.nan)
        return Moments(self._mean.cpu().numpy(), covariance.cpu().numpy(), self._count)


def frechet_distance(a: Moments, b: Moments) -> float:
    """Computes the squared Fréchet distance between two Gaussians, which is FID.

    Singular covariances (fewer images than features) are fine. The trace of the matrix root is then exact to about
    sqrt(machine epsilon) per feature, which can push equal Gaussians a little below 0: a negative value within that
    error is returned as 0, one beyond it as it is.

    Returns:
        The distance, up to rounding >= 0; NaN if a moment is not finite.
    """
    moments = (a.mean, a.covariance, b.mean, b.covariance)
    if not all(bool(np.isfinite(moment).all()) for moment in moments):
        return math.nan
    from torch_fidelity import metric_fid  # here, since its package imports all of torchvision

    statistics = [{"mu": each.mean, "sigma": each.covariance} for each in (a, b)]
    distance = float(metric_fid.fid_statistics_to_metric(*statistics, verbose=False)[metric_fid.KEY_METRIC_FID])
    rounding = (
        2 * len(a.mean) * math.sqrt(np.finfo(np.float64).eps) * max(np.trace(a.covariance), np.trace(b.covariance))
    )
    return 0.0 if -rounding <= distance < 0 else distance


def reference_moments(dataset: ImageDataset, extractor: FeatureExtractor, cache_dir: Path, batch_size: int) -> Moments:
    """Computes FID's reference once per data set and extractor, then caches it.

    Returns:
        Mean and covariance of the features of all training images.

    Raises:
        OSError: the cache cannot be written.
    """
    key = cache_key(dataset.fingerprint, extractor.fingerprint, extractor.precision)
    path = cache_dir / f"moments-{dataset.name}-{extractor.name}-{key}.npz"
    cached = _read_moments(path)
    if cached is not None:
        return cached
    logger.info("computing the features of %d real images", len(dataset.images))
    accumulator = MomentsAccumulator()
    for images in torch.split(dataset.images, batch_size):
        accumulator.add(extractor(images)[0])
    moments = accumulator.moments()
    buffer = io.BytesIO()
    np.savez(buffer, mean=moments.mean, covariance=moments.covariance, count=np.int64(moments.count))
    write_atomically(path, buffer.getvalue())
    return moments


def _read_moments(path: Path) -> Moments | None:
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return Moments(arrays["mean"], arrays["covariance"], int(arrays["count"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        logger.warning("the cached statistics %s are damaged (%s); they are computed again", path, error)
        return None
