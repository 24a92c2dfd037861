"""Features of a data set's images, kept on disk so that each process need not compute them anew."""

from __future__ import annotations

import io
import logging
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.metrics.features.cache import cache_key
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.storage import write_atomically

logger = logging.getLogger(__name__)


def cached_features(
    images: Tensor, which: str, dataset: ImageDataset, extractor: FeatureExtractor, cache_dir: Path, batch_size: int
) -> Tensor:
    """Computes the features of a data set's images once per data set and extractor, then caches them.

    Args:
        images: of the data set, uint8 (M, C, S, S).
        which: a word for these images among the data set's, such as ``all``.
        dataset: whose images they are.
        extractor: computes the features.
        cache_dir: folder of what is kept between runs.
        batch_size: images whose features are computed at a time.

    Returns:
        Features (M, F), float32, on the CPU.

    Raises:
        OSError: the cache cannot be written.
    """
    key = cache_key(dataset.fingerprint, extractor.fingerprint, extractor.precision, which, len(images))
    path = cache_dir / f"features-{dataset.name}-{extractor.name}-{key}.npz"
    cached = _read(path, len(images))
    if cached is not None:
        return cached
    features = torch.cat([extractor(batch)[0].cpu() for batch in torch.split(images, batch_size)])
    buffer = io.BytesIO()
    np.savez(buffer, features=features.numpy())
    write_atomically(path, buffer.getvalue())
    return features


def _read(path: Path, count: int) -> Tensor | None:
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            features = torch.from_numpy(arrays["features"])
        if features.ndim != 2 or len(features) != count:
            raise ValueError(f"it holds an array of shape {tuple(features.shape)}, not one row for each of {count}")
        return features
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        logger.warning("the cached features %s are damaged (%s); they are computed again", path, error)
        return None
