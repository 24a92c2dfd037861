"""Precision and recall by nearest neighbours (Kynkäänniemi et al., NeurIPS 2019), by torch-fidelity's formula.

Precision is the share of generated images that look real, recall the share of real images that the generator could
draw; FID mixes the two. Both are computed on the extractor's features.
"""

from __future__ import annotations

import math

from torch import Tensor

NEIGHBOURS = 3
"""An image's ball reaches to this many of its own kind."""
IMAGES = 5000
"""Images of each kind that are compared, at most: distances are taken between all of them."""


def precision_and_recall(generated: Tensor, real: Tensor) -> tuple[float, float]:
    """Counts images that lie in a ball of the other kind.

    Args:
        generated: features (N, F), on any device; the first `IMAGES` count.
        real: features (M, F) of real images by the same extractor; likewise.

    Returns:
        Precision and recall, in [0, 1]; NaN if a feature is not finite, or if there are no more than `NEIGHBOURS`
        images of a kind.
    """
    generated, real = generated[:IMAGES], real[:IMAGES].to(generated.device)
    if min(len(generated), len(real)) <= NEIGHBOURS:
        return math.nan, math.nan
    if not bool(generated.isfinite().all()) or not bool(real.isfinite().all()):
        return math.nan, math.nan
    from torch_fidelity import metric_prc  # here, since its package imports all of torchvision

    metric = metric_prc.prc_features_to_metric(
        generated, real, prc_neighborhood=NEIGHBOURS, prc_batch_size=IMAGES, save_cpu_ram=False, verbose=False
    )
    return float(metric[metric_prc.KEY_METRIC_PRECISION]), float(metric[metric_prc.KEY_METRIC_RECALL])
