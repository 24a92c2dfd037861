"""Trainings that are compared by images that none of them has seen: what the studies of them share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from autogan_core import Config
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.metrics.features.extractor import load_extractor
from autogan_core.metrics.frechet import Moments, MomentsAccumulator
from autogan_core.runtime.cache_folder import cache_folder

BATCH = 500
"""Images whose features are computed at a time."""
CPU = torch.device("cpu")
T = TypeVar("T")


class HeldOut:
    """The publisher's test images, and a classifier that has learned from all training images."""

    def __init__(self, config: Config) -> None:
        """Loads the data set of ``config``, which must have labelled test images, and its classifier."""
        self.dataset: ImageDataset = load_dataset(config.data, config.model, config.seed)
        if self.dataset.test_images is None or self.dataset.test_labels is None:
            raise SystemExit(f"the data set '{config.data.name}' has no labelled test images; take another")
        self.labels = self.dataset.test_labels
        self._extractor = load_extractor(config.scores, self.dataset, CPU, cache_folder())
        self.features = self.seen(self.dataset.test_images)[0]

    def seen(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, F) of uint8 images (N, C, S, S), and the classes (N,) that the classifier takes them for."""
        pairs = [self._extractor(batch) for batch in torch.split(images, BATCH)]
        return torch.cat([features for features, _ in pairs]), torch.cat([logits.argmax(1) for _, logits in pairs])


def moments(features: Tensor) -> Moments:
    """Mean and covariance of features (N, F)."""
    accumulator = MomentsAccumulator()
    accumulator.add(features)
    return accumulator.moments()


def study_parser(description: str | None) -> argparse.ArgumentParser:
    """The options that every study has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="cifar10", help="settings to start from (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], help="a setting, as of 'autogan run'; may be repeated")
    parser.add_argument("--architecture", default="sn-gan", help="the generator (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=5000, help="images to score (default: %(default)s)")
    parser.add_argument("--share", default="1/1", help="K/N: train each N-th, from the K-th on, and print no table")
    parser.add_argument("--out", type=Path, required=True, help="folder of the trainings and their scores")
    return parser


def shared(trainings: Sequence[T], share: str) -> Sequence[T]:
    """The part of the trainings that one process of several does, by ``--share``."""
    first, every = map(int, share.split("/"))
    return trainings[first - 1 :: every]
