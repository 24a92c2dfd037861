"""The check of generated images for copies of training images, with the training images of a run."""

from __future__ import annotations

import base64
from pathlib import Path

import torch
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.metrics.copies import CopyFinder
from autogan_core.metrics.features.cached import cached_features
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.kid import compared_indices
from autogan_core.report.figures.png import image_grid, png
from autogan_core.report.results.copies import CopyCheck, Pair

SHOWN = 10
"""Pairs in the strip."""
_BATCH = 500
"""Training images whose features are computed at a time."""


class TrainingImages:
    """A run's training images as a `CopyFinder` and as indices into the data set."""

    def __init__(self, dataset: ImageDataset, extractor: FeatureExtractor, cache_dir: Path, mirror: bool) -> None:
        """Computes the features of the images, or reads them from the cache.

        A classifier's features are of all images. InceptionV3's, which take a CPU an hour for 50,000 images, are of
        those that KID compares with.

        Args:
            dataset: the images.
            extractor: computes features.
            cache_dir: folder of what is kept between runs.
            mirror: whether they were shown mirrored in training.
        """
        if extractor.name == "inception":
            which, indices = "compared", compared_indices(dataset)
            images = dataset.images[indices]
        else:
            which, indices, images = "all", torch.arange(len(dataset.images)), dataset.images

        def features(word: str, of: Tensor) -> Tensor:
            return cached_features(of, word, dataset, extractor, cache_dir, _BATCH)

        mirrored = features(f"{which} mirrored", images.flip(3)) if mirror else None
        self.features = features(which, images)
        """Of the images that are compared with, (M, F)."""
        self.indices = indices
        """Which of the data set's images these are, int64 (M,)."""
        self._finder = CopyFinder(images, self.features, mirrored)
        self._compared, self._dataset, self._mirror = images, dataset, mirror

    def check(self, images: Tensor, features: Tensor) -> CopyCheck | None:
        """Looks for copies among generated images. Arguments and None are those of `CopyFinder.find`."""
        found = self._finder.find(images, features)
        if found is None:
            return None
        shown = found.closest(SHOWN)
        nearest = found.nearest[shown]
        strip = torch.cat([images[shown.to(images.device)].cpu(), self._finder.pictures(nearest)])
        pairs = zip(shown.tolist(), nearest.tolist(), found.ratios[shown].tolist(), strict=True)
        return CopyCheck(
            copies=found.count,
            checked=len(found.ratios),
            compared=len(self._compared),
            trained_on=len(self._dataset.images),
            mirrored=self._mirror,
            threshold=found.threshold,
            closest=tuple(
                Pair(generated, self._index(place), place >= len(self._compared), ratio)
                for generated, place, ratio in pairs
            ),
            strip=base64.b64encode(png(image_grid(strip, columns=len(shown)))).decode(),
        )

    def _index(self, place: int) -> int:
        """The index in the data set of an image that was compared with; of images that are equal, the first."""
        place %= len(self._compared)
        if self._compared is self._dataset.images:
            return place
        same = (self._dataset.images == self._compared[place]).flatten(1).all(1)
        return int(same.nonzero()[0])
