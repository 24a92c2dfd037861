"""Inception score and Fréchet Inception distance (FID), by torch-fidelity's formulas on streamed features.

The third score, KID, is in `kid`.
"""

from __future__ import annotations

import io
import logging
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.errors import ConfigError
from autogan_core.metrics.features.cache import cache_key
from autogan_core.metrics.features.classifier_accuracy import ACCURACY
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.kid import kernel_distance
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


@dataclass(frozen=True)
class Scores:
    """The scores of a set of images; NaN where its features or logits were not finite."""

    inception_score: float
    """Mean over the splits, from 1 (worst) to the number of classes."""
    inception_score_std: float
    """Population standard deviation over the splits."""
    fid: float | None
    """Distance to the real images, 0 is best; None where there was no reference."""
    num_images: int
    splits: int
    suffix: str
    """The extractor's: "" for InceptionV3, "_float16" for it in that precision, "_classifier" for a classifier."""
    kid: float | None = None
    """Kernel distance to the real images, about 0 is best; None where it was not asked for."""
    accuracy: float | None = None
    """The classifier's, which goes with its scores into every caption; None with InceptionV3."""

    def named(self) -> dict[str, float]:
        """The scores under names that carry their protocol.

        A classifier's accuracy is among them, under `ACCURACY`.

        Returns:
            Values by ``is_50k_10split``, ``is_50k_10split_std``, ``fid_50k`` and ``kid_50k``, without those that were
            not computed.
        """
        thousands, rest = divmod(self.num_images, 1000)
        count = f"{thousands}k" if thousands and not rest else str(self.num_images)
        name = f"is_{count}_{self.splits}split"
        named = {
            f"{name}{self.suffix}": self.inception_score,
            f"{name}_std{self.suffix}": self.inception_score_std,
        }
        distances = {"fid": self.fid, "kid": self.kid}
        named |= {f"{kind}_{count}{self.suffix}": value for kind, value in distances.items() if value is not None}
        return named if self.accuracy is None else {**named, ACCURACY: self.accuracy}


def inception_score(logits: Tensor, splits: int) -> tuple[float, float]:
    """Exp of the mean KL(p(y|x) || p(y)), per split of the images in torch-fidelity's fixed random order.

    Args:
        logits: shape (N, K).
        splits: parts, at most N.

    Returns:
        Mean and population standard deviation over the splits; NaN if any logit is not finite.

    Raises:
        ConfigError: there are fewer images than splits.
    """
    if len(logits) < splits:
        raise ConfigError(f"an Inception score over {splits} splits needs as many images, not {len(logits)}; make more")
    from torch_fidelity import metric_isc  # here, since its package imports all of torchvision

    metric = metric_isc.isc_features_to_metric(logits, splits)
    return metric[metric_isc.KEY_METRIC_ISC_MEAN], metric[metric_isc.KEY_METRIC_ISC_STD]


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


class ScoreAccumulator:
    """The scores of one set of images, which come batch by batch; they are not kept, and their features only for KID.

    On a GPU `add` only queues work, and `read` waits for no more than this set's: what has been queued meanwhile for
    another one goes on.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        splits: int,
        reference: Moments | None,
        real_features: Tensor | None = None,
    ) -> None:
        """Makes an accumulator that holds no images yet.

        Args:
            extractor: computes features and logits.
            splits: of the Inception score.
            reference: moments of real images by this extractor; None: no FID.
            real_features: features (M, F) of real images by this extractor; None: no KID.
        """
        self._extractor, self._splits = extractor, splits
        self._reference, self._real_features = reference, real_features
        self._moments = MomentsAccumulator()
        self._features: list[Tensor] = []
        self._logits: list[Tensor] = []
        self._added: torch.cuda.Event | None = None

    def add(self, images: Tensor) -> None:
        """Adds uint8 images (N, C, H, W), N >= 1."""
        features, logits = self._extractor(images)
        self._logits.append(logits)
        if self._reference is not None:
            self._moments.add(features)
        if self._real_features is not None:
            self._features.append(features)
        if logits.is_cuda:
            self._added = torch.cuda.current_stream(logits.device).record_event()

    def read(self) -> Scores:
        """Computes the scores of all images added so far.

        Returns:
            The scores; NaN where features or logits were not finite, which callers must handle.

        Raises:
            ConfigError: there are fewer images than splits.
        """
        with _stream_after(self._added):
            logits = torch.cat(self._logits) if self._logits else torch.empty(0, 0)
            mean, std = inception_score(logits, self._splits)
            moments = None if self._reference is None else self._moments.moments()
            kid = None if self._real_features is None else self._kernel_distance(self._real_features)
        fid = None if moments is None or self._reference is None else frechet_distance(moments, self._reference)
        extractor = self._extractor
        return Scores(mean, std, fid, len(logits), self._splits, extractor.suffix, kid=kid, accuracy=extractor.accuracy)

    def _kernel_distance(self, real_features: Tensor) -> float:
        return kernel_distance(torch.cat(self._features), real_features)


@contextmanager
def _stream_after(event: torch.cuda.Event | None) -> Iterator[None]:
    """A stream that waits for ``event`` alone and goes before others; without an event nothing changes.

    What is computed inside must be read inside: other streams do not wait for it.
    """
    if event is None:
        yield
        return
    stream = _reading_stream(event.device)
    stream.wait_event(event)
    with torch.cuda.stream(stream):
        yield


@cache
def _reading_stream(device: torch.device) -> torch.cuda.Stream:
    """One for all reads: memory that a stream has used is kept for that stream."""
    return torch.cuda.Stream(device, priority=-1)  # type: ignore[no-untyped-call]


def score_images(
    batches: Iterable[Tensor], extractor: FeatureExtractor, *, splits: int, reference: Moments | None
) -> Scores:
    """Scores one set of images, given in batches of any size: a `ScoreAccumulator` filled and read. Raises like it."""
    accumulator = ScoreAccumulator(extractor, splits=splits, reference=reference)
    for images in batches:
        accumulator.add(images)
    return accumulator.read()


def score_real(dataset: ImageDataset, extractor: FeatureExtractor, splits: int, batch_size: int) -> Scores:
    """The Inception score of the real training images: about what a perfect generator would get. No FID."""
    return score_images(torch.split(dataset.images, batch_size), extractor, splits=splits, reference=None)


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
