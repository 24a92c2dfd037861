"""An interval for FID on few images, without the bias that few images give it.

FID falls as the number of images grows. To first order it is linear in one over that number (Chong & Forsyth, CVPR
2020), so the distance of all images and the mean distance of halves of them give the distance of infinitely many.
Halves are drawn without replacement. A bootstrap would not do: an image that is drawn twice makes a sample narrower,
and its FID larger, than any sample of so many images.
"""

from __future__ import annotations

import math
from itertools import starmap

import torch
from torch import Tensor

from autogan_core.metrics.frechet import Moments
from autogan_core.metrics.protocols import FEW_IMAGES

LEVEL = 0.95
"""Share of repetitions in which the interval covers the distance: 92 to 100 %, as simulated."""
_SPLITS, _SPLITS_OF_WIDE = 10, 5
"""Random splits into halves, of features up to `_WIDE` and of wider ones: InceptionV3's take seconds for a distance.
Each costs two distances and is a degree of freedom of the interval."""
_WIDE = 512
_RIDGE = 1e-12
"""Makes a covariance positive definite; moves distances by about its root, relative to the variances."""
_SEED = 2020
_Gaussian = tuple[Tensor, Tensor]
"""Mean (F,) and covariance (F, F), float64."""


def frechet_interval(generated: Tensor, real: Tensor, reference: Moments) -> tuple[float, float] | None:
    """Computes an interval for the FID of infinitely many images.

    It covers what chance does in the choice of the generated images, and in that of the real ones where ``real`` holds
    all of them: then the distance is the one to the distribution that the real images come from. A larger training
    set is taken as it is. The interval says nothing about another training of the generator.

    With few images FID lies above its interval, by its bias.

    Args:
        generated: features (N, F), on any device, which computes.
        real: features (M, F) of real images by the same extractor.
        reference: moments of all real images.

    Returns:
        The ends of the `LEVEL` interval, at least 0. None where no interval can be trusted or none is needed: there are
        more than `FEW_IMAGES` on both sides; fewer than two images for each feature, whose halves have singular
        covariances; a feature is not finite.
    """
    sampled = reference.count == len(real)
    fewest = min(len(generated), len(real)) if sampled else len(generated)
    if min(len(generated), reference.count) > FEW_IMAGES or fewest < 2 * generated.shape[1]:
        return None
    ones, others = generated.double(), real.to(generated.device).double()
    if not bool(ones.isfinite().all()) or not bool(others.isfinite().all()):
        return None
    rng = torch.Generator().manual_seed(_SEED)
    whole = (torch.from_numpy(reference.mean).to(ones), torch.from_numpy(reference.covariance).to(ones))
    pairs = []
    splits = _SPLITS if generated.shape[1] <= _WIDE else _SPLITS_OF_WIDE
    for _ in range(splits):
        targets = [_gaussian(half) for half in _halves(others, rng)] if sampled else [whole, whole]
        pairs.append(tuple(starmap(_distance, zip(map(_gaussian, _halves(ones, rng)), targets, strict=True))))
    of_halves = sum(a + b for a, b in pairs) / (2 * splits)
    unbiased = 2 * _distance(_gaussian(ones), whole) - of_halves
    from scipy.stats import t as student  # here, since it takes seconds to import and few processes score few images

    # Two halves are independent, and each varies twice as much as all images.
    spread = math.sqrt(sum((a - b) ** 2 for a, b in pairs) / (4 * splits))
    width = float(student.ppf((1 + LEVEL) / 2, splits)) * spread
    return max(0.0, unbiased - width), max(0.0, unbiased + width)


def _halves(features: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(features), generator=rng).to(features.device)
    middle = len(features) // 2
    return features[order[:middle]], features[order[middle:]]


def _gaussian(features: Tensor) -> _Gaussian:
    return features.mean(0), torch.cov(features.T)


def _distance(a: _Gaussian, b: _Gaussian) -> float:
    """`frechet_distance`, by symmetric matrices alone: several times as fast, on any device."""
    ridge = _RIDGE * a[1].diagonal().max().clamp_min(1)  # a feature may be constant
    root = torch.linalg.cholesky(a[1] + ridge * torch.eye(len(a[1])).to(a[1]))
    trace = torch.linalg.eigvalsh(root.T @ b[1] @ root).clamp_min(0).sqrt().sum()
    return float((a[0] - b[0]).square().sum() + a[1].trace() + b[1].trace() - 2 * trace)
