"""The scores of a set of images, by torch-fidelity's formulas on streamed features, and the Inception score itself.

The others are in `frechet`, `frechet_interval`, `kid` and `neighbours`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.errors import ConfigError
from autogan_core.metrics.features.classifier_accuracy import ACCURACY
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.frechet import Moments, MomentsAccumulator, frechet_distance
from autogan_core.metrics.frechet_interval import frechet_interval
from autogan_core.metrics.kid import REWARD_SUBSETS, SUBSETS, kernel_distance
from autogan_core.metrics.neighbours import precision_and_recall

logger = logging.getLogger(__name__)


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
    kid_std: float | None = None
    """Its standard deviation over subsets; None in rewards."""
    precision: float | None = None
    """Share of generated images among the real ones, in [0, 1]; None where it was not asked for."""
    recall: float | None = None
    """Share of real images among the generated ones, in [0, 1]; None where it was not asked for."""
    accuracy: float | None = None
    """The classifier's, which goes with its scores into every caption; None with InceptionV3."""
    fid_interval: tuple[float, float] | None = None
    """Ends of the 95 % interval of FID without its bias, see `frechet_interval`; None in rewards and of many images."""

    def named(self) -> dict[str, float]:
        """The scores under names that carry their protocol.

        A classifier's accuracy is among them, under `ACCURACY`.

        Returns:
            Values by ``is_50k_10split``, ``is_50k_10split_std``, ``fid_50k``, ``fid_50k_low``, ``fid_50k_high``,
            ``kid_50k``, ``kid_50k_std``, ``precision_50k`` and ``recall_50k``, without those that were not computed.
        """
        thousands, rest = divmod(self.num_images, 1000)
        count = f"{thousands}k" if thousands and not rest else str(self.num_images)
        name = f"is_{count}_{self.splits}split"
        named = {
            f"{name}{self.suffix}": self.inception_score,
            f"{name}_std{self.suffix}": self.inception_score_std,
        }
        low, high = self.fid_interval or (None, None)
        others = {
            f"fid_{count}": self.fid,
            f"fid_{count}_low": low,
            f"fid_{count}_high": high,
            f"kid_{count}": self.kid,
            f"kid_{count}_std": self.kid_std,
            f"precision_{count}": self.precision,
            f"recall_{count}": self.recall,
        }
        named |= {f"{other}{self.suffix}": value for other, value in others.items() if value is not None}
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


class ScoreAccumulator:
    """The scores of one set of images, which come batch by batch and are not kept.

    Their features are kept for KID, precision and recall, and only if these are wanted.

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
        final: bool = False,
        neighbours: bool = False,
    ) -> None:
        """Makes an accumulator that holds no images yet.

        Args:
            extractor: computes features and logits.
            splits: of the Inception score.
            reference: moments of real images by this extractor; None: no FID.
            real_features: features (M, F) of real images by this extractor; None: no KID.
            final: whether KID takes all its subsets, with precision, recall and an interval of FID beside it.
            neighbours: whether precision and recall are computed in any case.
        """
        self._extractor, self._splits = extractor, splits
        self._reference, self._real_features = reference, real_features
        self._final, self._neighbours = final, final or neighbours
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
            compared = dict[str, Any]() if self._real_features is None else self._compared(self._real_features)
        fid = None if moments is None or self._reference is None else frechet_distance(moments, self._reference)
        extractor = self._extractor
        return Scores(
            mean, std, fid, len(logits), self._splits, extractor.suffix, accuracy=extractor.accuracy, **compared
        )

    def _compared(self, real_features: Tensor) -> dict[str, Any]:
        """The fields of `Scores` that take the images' features."""
        features, found = torch.cat(self._features), dict[str, Any]()
        kid, kid_std = kernel_distance(features, real_features, SUBSETS if self._final else REWARD_SUBSETS)
        if self._neighbours:
            found["precision"], found["recall"] = precision_and_recall(features, real_features)
        if self._final:
            found["kid_std"] = kid_std
            if self._reference is not None:
                found["fid_interval"] = frechet_interval(features, real_features, self._reference)
        return {"kid": kid, **found}


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
