"""Kernel Inception distance (KID), by torch-fidelity's formula on the extractor's features.

Unlike FID its estimate has no bias at few images, so it can be compared across numbers of images; it can be slightly
negative.
"""

from __future__ import annotations

import math
from pathlib import Path

from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.errors import ConfigError
from autogan_core.metrics.features.cached import cached_features
from autogan_core.metrics.features.extractor import FeatureExtractor

REAL_IMAGES = 5000
"""Training images that generated ones are compared with, at most."""
SUBSETS = 100
"""Subsets over which a final score's distance is averaged, as in torch-fidelity."""
REWARD_SUBSETS = 10
"""The same for a candidate of the search, for each of which the others would take seconds."""
SUBSET_SIZE = 1000
"""Images of a subset, as in torch-fidelity; fewer where there are fewer."""
_SEED = 2020
"""Chooses training images and subsets; torch-fidelity's default."""


def compared_indices(dataset: ImageDataset) -> Tensor:
    """Which training images are KID's reference, int64 (<= `REAL_IMAGES`,), drawn with a fixed seed."""
    return dataset.sample_indices(REAL_IMAGES, _SEED)


def real_features(dataset: ImageDataset, extractor: FeatureExtractor, cache_dir: Path, batch_size: int) -> Tensor:
    """The features of `compared_indices`, (<= `REAL_IMAGES`, F), on the CPU; computed once, then cached."""
    images = dataset.images[compared_indices(dataset)]
    return cached_features(images, "compared", dataset, extractor, cache_dir, batch_size)


def kernel_distance(generated: Tensor, real: Tensor, subsets: int = REWARD_SUBSETS) -> tuple[float, float]:
    """The squared maximum mean discrepancy under the kernel (x . y / F + 1) ** 3, averaged over subsets: KID.

    Args:
        generated: features (N, F), on any device.
        real: features (M, F) of real images by the same extractor.
        subsets: over how many it is averaged.

    Returns:
        The unbiased estimate, 0 for equal distributions, and its standard deviation over the subsets; NaN if a feature
        is not finite.

    Raises:
        ConfigError: there are fewer than two images on a side.
    """
    size = min(SUBSET_SIZE, len(generated), len(real))
    if size < 2:
        raise ConfigError(f"KID needs two images of each kind, not {len(generated)} generated and {len(real)} real")
    if not bool(generated.isfinite().all()) or not bool(real.isfinite().all()):
        return math.nan, math.nan
    from torch_fidelity import metric_kid  # here, since its package imports all of torchvision

    metric = metric_kid.kid_features_to_metric(
        generated, real, kid_subsets=subsets, kid_subset_size=size, rng_seed=_SEED, verbose=False
    )
    return float(metric[metric_kid.KEY_METRIC_KID_MEAN]), float(metric[metric_kid.KEY_METRIC_KID_STD])
