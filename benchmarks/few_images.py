"""What augmentation does for few images: python -m benchmarks.few_images --help.

The same generator is trained on subsets of a data set, with and without augmentation, from several seeds. Its images
are compared with the publisher's test images, which no training has seen, by one classifier that has learned from all
training images. A training that is there already, in ``--out``, is not repeated.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from autogan_core import Architecture, Config, load_config, open_run
from autogan_core.ablations.pages.statistics import Estimate, mean, paired_difference
from autogan_core.data import load_dataset
from autogan_core.metrics.features.extractor import FeatureExtractor, load_extractor
from autogan_core.metrics.frechet import Moments, MomentsAccumulator, frechet_distance
from autogan_core.metrics.kid import SUBSETS, kernel_distance
from autogan_core.metrics.neighbours import IMAGES, precision_and_recall
from autogan_core.runtime.cache_folder import cache_folder
from autogan_core.storage import write_atomically

ARMS = ("none", "diffaugment", "adaptive")
"""Values of ``training.augmentation``; the others are compared with the first."""
SCORES = ("kid", "fid", "precision", "recall")
BATCH = 500
"""Images whose features are computed at a time."""
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Training:
    """One cell of the study."""

    count: int
    """Training images."""
    arm: str
    seed: int

    @property
    def name(self) -> str:
        """Names its files."""
        return f"{self.count}-{self.arm}-{self.seed}"


class Ruler:
    """Compares images with the test images."""

    def __init__(self, config: Config) -> None:
        """Loads the data set of ``config`` and the classifier that it has."""
        dataset = load_dataset(config.data, config.model, config.seed)
        if dataset.test_images is None:
            raise SystemExit(f"the data set '{config.data.name}' has no test images to compare with; take another")
        self._extractor = load_extractor(config.scores, dataset, CPU, cache_folder())
        self._real = features(dataset.test_images, self._extractor)
        self._reference = moments(self._real)

    def scores(self, images: Tensor) -> dict[str, float]:
        """The `SCORES` of uint8 images (N, C, S, S)."""
        drawn = features(images, self._extractor)
        precision, recall = precision_and_recall(drawn, self._real)
        return {
            "kid": kernel_distance(drawn, self._real[:IMAGES], SUBSETS)[0],
            "fid": frechet_distance(moments(drawn), self._reference),
            "precision": precision,
            "recall": recall,
        }


def features(images: Tensor, extractor: FeatureExtractor) -> Tensor:
    """Features (N, F) of uint8 images (N, C, S, S)."""
    return torch.cat([extractor(batch)[0] for batch in torch.split(images, BATCH)])


def moments(features: Tensor) -> Moments:
    """Mean and covariance of features (N, F)."""
    accumulator = MomentsAccumulator()
    accumulator.add(features)
    return accumulator.moments()


def settings(arguments: argparse.Namespace, count: int | None, arm: str, seed: int) -> Config:
    """A training's configuration; ``count`` None: all images."""
    return load_config(
        arguments.preset,
        [*arguments.set, f"data.max_images={count or 'null'}", f"training.augmentation={arm}"],
        seed=seed,
    )


def trained(training: Training, arguments: argparse.Namespace, ruler: Ruler) -> dict[str, dict[str, float]]:
    """The scores of a training's checkpoints, from its file, or computed and written to it."""
    path = arguments.out / f"{training.name}.json"
    if path.exists():
        stored: dict[str, dict[str, float]] = json.loads(path.read_text())
        return stored
    config = settings(arguments, training.count, training.arm, training.seed)
    run = open_run(str(arguments.out / "runs" / training.name), config, device="cpu")
    architecture = Architecture.parse(arguments.architecture)
    run.retrain([architecture])
    found = {
        checkpoint: ruler.scores(run.sample(architecture, checkpoint, arguments.samples, training.seed))
        for checkpoint in ("best", "last")
    }
    write_atomically(path, json.dumps(found, indent=1).encode())
    print(training.name, *(f"{name} {value:.4f}" for name, value in found["last"].items()), flush=True)
    return found


def rows(found: dict[Training, dict[str, dict[str, float]]], checkpoint: str) -> Iterator[list[str]]:
    """For each number of images and arm: the means, and the differences from the first arm, with 95 % intervals."""
    for count in sorted({training.count for training in found}):
        for arm in ARMS:
            seeds = sorted(t.seed for t in found if t.count == count and t.arm == arm)
            if not seeds:
                continue
            cells = [f"{count:,}", arm, str(len(seeds))]
            for score in SCORES:
                ours = _values(found, count, arm, seeds, checkpoint, score)
                cells.append(_text(mean(ours), score))
                if score in ("kid", "fid"):
                    theirs = _values(found, count, ARMS[0], seeds, checkpoint, score)
                    cells.append(_text(paired_difference(ours, theirs), score) if arm != ARMS[0] else "")
            yield cells


def _values(
    found: dict[Training, dict[str, dict[str, float]]],
    count: int,
    arm: str,
    seeds: Sequence[int],
    checkpoint: str,
    score: str,
) -> list[float]:
    return [found[Training(count, arm, seed)][checkpoint][score] for seed in seeds]


def _text(estimate: Estimate, score: str) -> str:
    return estimate.text(2 if score == "fid" else 4)


def main() -> None:
    """Trains, scores and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="cifar10", help="settings to start from (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], help="a setting, as of 'autogan run'; may be repeated")
    parser.add_argument("--architecture", default="sn-gan", help="the generator (default: %(default)s)")
    parser.add_argument("--counts", type=int, nargs="+", default=[500, 1000, 5000], help="numbers of training images")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS, help="kinds of augmentation (default: all)")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=5000, help="images to score (default: %(default)s)")
    parser.add_argument("--share", default="1/1", help="K/N: train each N-th, from the K-th on, and print no table")
    parser.add_argument("--out", type=Path, required=True, help="folder of the trainings and their scores")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    ruler = Ruler(settings(arguments, None, ARMS[0], 0))
    share, shares = map(int, arguments.share.split("/"))
    order = [
        Training(count, arm, seed)
        for seed in range(arguments.seeds)
        for count in arguments.counts
        for arm in arguments.arms
    ]
    found = {training: trained(training, arguments, ruler) for training in order[share - 1 :: shares]}
    if shares > 1:
        return
    for checkpoint in ("last", "best"):
        heading = ("images", "augmentation", "seeds", "KID", "difference", "FID", "difference", "precision", "recall")
        table = Table(*heading, title=f"{checkpoint} checkpoint")
        for row in rows(found, checkpoint):
            table.add_row(*row)
        Console(width=200).print(table)


if __name__ == "__main__":
    main()
