"""How far scores on a classifier's features can be trusted: python -m benchmarks.feature_trust --help.

Real images that no classifier was trained on are degraded in known order. For each classifier: Spearman's correlation
of the strength with FID and Inception score over all sets of one degradation, and of its FIDs of all sets with those of
the same network trained from another seed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.metrics.features.classifier import ClassifierExtractor
from autogan_core.metrics.features.classifier_network import SEED, new_network
from autogan_core.metrics.features.classifier_training import BATCH, accuracy, train_network
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.metrics.frechet import Moments, reference_moments
from autogan_core.metrics.scores import score_images
from benchmarks.degradations import DEGRADATIONS

STRENGTHS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.65, 1.0)
DRAWS = 3
"""Sets of each degradation and strength, of different images."""
SPLITS = 5
EARLY = 30_000
"""Images seen by a classifier that is stopped early."""
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Ruler:
    """A classifier whose scores are looked at."""

    name: str
    recipe: int
    images_seen: int
    """Images seen in training."""
    seed: int


@dataclass(frozen=True)
class Reading:
    """The scores of one set of images."""

    degradation: str
    strength: float
    fid: float
    inception_score: float


def rulers(images_seen: int) -> list[Ruler]:
    """The first recipe's network, today's, and today's trained too little; each from two seeds."""
    kinds = (("recipe 1", 1, 150_000), ("now", RECIPE, images_seen), ("stopped early", RECIPE, EARLY))
    return [Ruler(name, recipe, seen, seed) for name, recipe, seen in kinds for seed in (SEED, SEED + 1)]


def degraded_sets(images: Tensor, labels: Tensor, count: int) -> Iterator[tuple[str, float, Tensor]]:
    """``DRAWS`` sets of ``count`` images for each degradation and strength; always the same ones."""
    generator = torch.Generator().manual_seed(SEED)
    for name, degrade in DEGRADATIONS.items():
        for strength in STRENGTHS:
            for _ in range(DRAWS):
                chosen = torch.randperm(len(images), generator=generator)[:count]
                yield name, strength, degrade(images[chosen], labels[chosen], strength, generator)


def train(ruler: Ruler, training: ImageDataset, test: tuple[Tensor, Tensor]) -> ClassifierExtractor:
    """The ruler's classifier, with its accuracy on the test images."""
    assert training.labels is not None
    channels, size = training.images.shape[1:3]
    network = new_network(channels, size, training.num_classes, ruler.recipe, ruler.seed)
    train_network(network, training.images, training.labels, ruler.images_seen // BATCH, ruler.seed)
    return ClassifierExtractor(network, CPU, f"{ruler}", accuracy(network, *test), weights=None)


def read_all(
    extractor: ClassifierExtractor, sets: list[tuple[str, float, Tensor]], reference: Moments
) -> list[Reading]:
    """The scores of every set."""
    readings = []
    for name, strength, images in sets:
        scores = score_images(torch.split(images, 500), extractor, splits=SPLITS, reference=reference)
        assert scores.fid is not None
        readings.append(Reading(name, strength, scores.fid, scores.inception_score))
    return readings


def order(readings: list[Reading], degradation: str) -> tuple[float, float]:
    """Spearman's correlation of a degradation's strength with FID, and with the Inception score the other way."""
    found = [reading for reading in readings if reading.degradation == degradation]
    strengths = [reading.strength for reading in found]
    fid, inception_score = [r.fid for r in found], [-r.inception_score for r in found]
    return float(spearmanr(strengths, fid).statistic), float(spearmanr(strengths, inception_score).statistic)


def agreement(first: list[Reading], second: list[Reading]) -> float:
    """Spearman's correlation of two rulers' FIDs of the same sets."""
    return float(spearmanr([r.fid for r in first], [r.fid for r in second]).statistic)


def split(dataset: ImageDataset) -> tuple[ImageDataset, tuple[Tensor, Tensor]]:
    """The training images, and labelled test images: a fifth of the data where the publisher gives none."""
    labels = dataset.require_labels()
    if dataset.test_images is not None and dataset.test_labels is not None:
        return dataset, (dataset.test_images, dataset.test_labels)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SEED))
    test, rest = order[: len(order) // 5], order[len(order) // 5 :]
    training = ImageDataset(
        dataset.name,
        dataset.images[rest],
        labels[rest],
        None,
        None,
        dataset.num_classes,
        f"four fifths of {dataset.fingerprint}",
    )
    return training, (dataset.images[test], labels[test])


def main() -> None:
    """Trains, scores and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="fashion-mnist", help="data set (default: %(default)s)")
    parser.add_argument("--path", type=Path, help="where it lies")
    parser.add_argument("--channels", type=int, default=1, choices=(1, 3), help="colours (default: %(default)s)")
    parser.add_argument("--bottom-width", type=int, default=2, help="an eighth of the side (default: %(default)s)")
    parser.add_argument("--images-seen", type=int, default=600_000, help="in a training (default: %(default)s)")
    parser.add_argument("--count", type=int, default=2000, help="images in a set (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="JSON of everything that was read")
    arguments = parser.parse_args()
    data = DataConfig(name=arguments.data, path=arguments.path)
    model = ModelConfig(bottom_width=arguments.bottom_width, image_channels=arguments.channels)
    training, test = split(load_dataset(data, model, seed=0))
    sets = list(degraded_sets(*test, arguments.count))
    table, found = Table("features", "right", *DEGRADATIONS, "two seeds"), {}
    previous: list[Reading] = []
    for ruler in rulers(arguments.images_seen):
        start = time.process_time()
        extractor = train(ruler, training, test)
        with tempfile.TemporaryDirectory() as folder:
            reference = reference_moments(training, extractor, Path(folder), batch_size=500)
        readings = read_all(extractor, sets, reference)
        cells = ["/".join(f"{value:.2f}" for value in order(readings, name)) for name in DEGRADATIONS]
        seeds = f"{agreement(previous, readings):.3f}" if ruler.seed != SEED else ""
        table.add_row(ruler.name, f"{extractor.accuracy:.1%}", *cells, seeds)
        found[f"{ruler.name}, seed {ruler.seed}"] = [extractor.accuracy, *([vars(r) for r in readings])]
        print(ruler, f"{extractor.accuracy:.4f}", f"{time.process_time() - start:.0f} s", flush=True)
        previous = readings
    Console(width=150).print(table)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
