"""Which generated images are copies of training images: nearest neighbours in feature space, compared pixel by pixel.

Features find the training images that an image resembles, pixels decide whether it is one of them: a classifier's
features forget what tells two images of a kind apart, and distances between pixels alone find any blurred image near.
An image's distance to the nearest of its neighbours is measured by its mean distance to all of them, since plain images
are near each other without being copies (after Carlini et al., USENIX Security 2023, section 5.1). It is a copy if that
ratio is far below what training images have among each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

CHECKED = 5000
"""Generated images that are checked, at most: the first ones."""
_NEIGHBOURS = 50
"""Training images near an image in feature space, of which the nearest in pixels counts; as Carlini et al."""
_CALIBRATED_ON = 1000
"""Training images, at most, among which ratios are measured."""
_FAR_BELOW = 0.3
"""A copy's ratio is less than this share of the median among training images: 0.15 to 0.2, with medians of 0.5 to 0.65.

The median stands even if many training images have near duplicates, as in CIFAR-10. JPEG of quality 95, noise of two
grey levels and brightness changed by 2 % leave ratios of 0.02 to 0.16."""
_COMPARED_VALUES = 1 << 24
"""Values of pixels compared at a time, at most: 64 MiB of each tensor. A hundred images of 64x64 took a gigabyte."""
_SEED = 2020


@dataclass(frozen=True, eq=False)
class Copies:
    """What a check found."""

    ratios: Tensor
    """Distance to the nearest training image over the mean distance to the neighbours, (N,), at least 0."""
    nearest: Tensor
    """Index of the nearest training image, int64 (N,); with mirrored ones, those follow all others."""
    threshold: float
    """Copies have a ratio below it."""

    @property
    def count(self) -> int:
        """Generated images that are copies."""
        return int((self.ratios < self.threshold).sum())

    def closest(self, count: int) -> Tensor:
        """Indices of the generated images with the lowest ratios, lowest first."""
        return self.ratios.argsort(stable=True)[:count]


class CopyFinder:
    """Training images that generated ones are compared with, and what is far below their own distances."""

    def __init__(self, images: Tensor, features: Tensor, mirrored_features: Tensor | None = None) -> None:
        """Measures the training images among each other. Exact duplicates among them count once.

        Args:
            images: training images, uint8 (M, C, S, S), on the CPU.
            features: of these, (M, F).
            mirrored_features: of the same images mirrored, which then count as training images too.
        """
        self._images = images
        whole = features if mirrored_features is None else torch.cat([features, mirrored_features])
        kinds = [images] if mirrored_features is None else [images, images.flip(3)]
        digests = (hashlib.sha256(image.tobytes()).digest() for kind in kinds for image in kind.numpy())
        first = dict[bytes, int]()
        for place, digest in enumerate(digests):
            first.setdefault(digest, place)
        self._places = torch.tensor(list(first.values()))
        self._features = whole[self._places]
        twins = self._places % len(images)
        order = torch.randperm(len(twins), generator=torch.Generator().manual_seed(_SEED))[:_CALIBRATED_ON]
        own = self.pictures(self._places[order]), self._features[order], twins[order][:, None] == twins
        self.threshold = _FAR_BELOW * float(self._compare(*own)[0].median())

    def pictures(self, places: Tensor) -> Tensor:
        """The training images at some indices of any shape (...), as in `Copies.nearest`: uint8 (..., C, S, S)."""
        shown = self._images[places % len(self._images)]
        return torch.where((places < len(self._images))[..., None, None, None], shown, shown.flip(-1))

    def find(self, images: Tensor, features: Tensor) -> Copies | None:
        """Compares generated images with the training images.

        Args:
            images: uint8 (N, C, S, S), on any device; the first `CHECKED` count.
            features: of these, (N, F), on the device that computes.

        Returns:
            The ratios, on the CPU; None if a feature is not finite.
        """
        images, features = images[:CHECKED].cpu(), features[:CHECKED]
        if not bool(features.isfinite().all()):
            return None
        return Copies(*self._compare(images, features), self.threshold)

    def _compare(self, images: Tensor, features: Tensor, left_out: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Ratios and nearest training images; ``left_out`` (N, M) masks training images that do not count."""
        trained, found = self._features.to(features.device), []
        count = max(1, min(_NEIGHBOURS, len(trained) - 2))  # a training image and its mirrored twin are left out
        size = max(1, min(100, _COMPARED_VALUES // (count * images[0].numel())))
        for start in range(0, len(images), size):
            chunk = slice(start, start + size)
            distances = torch.cdist(features[chunk], trained)
            if left_out is not None:
                distances[left_out[chunk].to(distances.device)] = torch.inf
            near = self._places[distances.topk(count, largest=False).indices.cpu()]
            apart = images[chunk, None].float() - self.pictures(near).float()
            pixels = apart.flatten(2).square().mean(2).sqrt()
            least = pixels.min(1)
            ratios = least.values / pixels.mean(1).clamp_min(torch.finfo().tiny)
            found.append((ratios, near.gather(1, least.indices[:, None])[:, 0]))
        ratios, nearest = map(torch.cat, zip(*found, strict=True))
        return ratios, nearest
