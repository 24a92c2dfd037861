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

from rich.console import Console
from rich.table import Table
from torch import Tensor

from autogan_core import Architecture, Config, load_config, open_run
from autogan_core.ablations.pages.statistics import Estimate, mean, paired_difference
from autogan_core.metrics.frechet import frechet_distance
from autogan_core.metrics.kid import SUBSETS, kernel_distance
from autogan_core.metrics.neighbours import IMAGES, precision_and_recall
from autogan_core.storage import write_atomically
from benchmarks.held_out import HeldOut, moments, shared, study_parser

ARMS = ("none", "diffaugment", "adaptive")
"""Values of ``training.augmentation``; the others are compared with the first."""
SCORES = ("kid", "fid", "precision", "recall")


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


def scores(images: Tensor, held_out: HeldOut) -> dict[str, float]:
    """The `SCORES` of uint8 images (N, C, S, S)."""
    drawn, _ = held_out.seen(images)
    precision, recall = precision_and_recall(drawn, held_out.features)
    return {
        "kid": kernel_distance(drawn, held_out.features[:IMAGES], SUBSETS)[0],
        "fid": frechet_distance(moments(drawn), moments(held_out.features)),
        "precision": precision,
        "recall": recall,
    }


def settings(arguments: argparse.Namespace, count: int | None, arm: str, seed: int) -> Config:
    """A training's configuration; ``count`` None: all images."""
    return load_config(
        arguments.preset,
        [*arguments.set, f"data.max_images={count or 'null'}", f"training.augmentation={arm}"],
        seed=seed,
    )


def trained(training: Training, arguments: argparse.Namespace, held_out: HeldOut) -> dict[str, dict[str, float]]:
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
        checkpoint: scores(run.sample(architecture, checkpoint, arguments.samples, training.seed), held_out)
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
    parser = study_parser(__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[500, 1000, 5000], help="numbers of training images")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS, help="kinds of augmentation (default: all)")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    held_out = HeldOut(settings(arguments, None, ARMS[0], 0))
    order = [
        Training(count, arm, seed)
        for seed in range(arguments.seeds)
        for count in arguments.counts
        for arm in arguments.arms
    ]
    found = {training: trained(training, arguments, held_out) for training in shared(order, arguments.share)}
    if len(found) < len(order):
        return
    for checkpoint in ("last", "best"):
        heading = ("images", "augmentation", "seeds", "KID", "difference", "FID", "difference", "precision", "recall")
        table = Table(*heading, title=f"{checkpoint} checkpoint")
        for row in rows(found, checkpoint):
            table.add_row(*row)
        Console(width=200).print(table)


if __name__ == "__main__":
    main()
