"""What labels do for a generator: python -m benchmarks.labels --help.

The same architecture is trained with labels and without, equally long, from several seeds. Both are compared with the
publisher's test images, which no training has seen, by one classifier that has learned from all training images: over
all, and class by class. An unconditional generator's images belong to the class that the classifier takes them for,
which flatters it: nothing that looks like another class counts. A training that is there already, in ``--out``, is not
repeated.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table
from torch import Tensor

from autogan_core import Architecture, load_config, open_run
from autogan_core.ablations.pages.statistics import mean, paired_difference
from autogan_core.metrics.frechet import frechet_distance
from autogan_core.storage import write_atomically
from benchmarks.held_out import HeldOut, moments, shared, study_parser

ARMS = ("unconditional", "conditional")


@dataclass(frozen=True)
class Scored:
    """The scores of one training."""

    fid: float
    """Over all classes."""
    class_fid: list[float]
    """By class."""
    accuracy: list[float] | None
    """By class, the share of its images that the classifier takes for it; None without labels."""


def scores(images: Tensor, labels: Tensor | None, held_out: HeldOut) -> Scored:
    """The scores of uint8 images (N, C, S, S), drawn for ``labels`` (N,) or without."""
    drawn, seen = held_out.seen(images)
    groups = seen if labels is None else labels
    classes = range(held_out.dataset.num_classes)
    return Scored(
        frechet_distance(moments(drawn), moments(held_out.features)),
        [
            frechet_distance(moments(drawn[groups == k]), moments(held_out.features[held_out.labels == k]))
            for k in classes
        ],
        None if labels is None else [(seen[labels == k] == k).double().mean().item() for k in classes],
    )


def conditional(architecture: Architecture) -> Architecture:
    """The architecture with class-conditional batch norm for batch norm."""
    cells = tuple(
        dataclasses.replace(cell, norm="cbn" if cell.norm == "bn" else cell.norm) for cell in architecture.cells
    )
    return Architecture(cells)


def trained(arm: str, seed: int, arguments: argparse.Namespace, held_out: HeldOut) -> Scored:
    """The scores of a training's last checkpoint, from its file, or computed and written to it."""
    path = arguments.out / f"{arm}-{seed}.json"
    if path.exists():
        return Scored(**json.loads(path.read_text()))
    architecture, more = Architecture.parse(arguments.architecture), list[str]()
    if arm == "conditional":
        architecture = conditional(architecture)
        more = [f"model.classes={held_out.dataset.num_classes}", "search.space.norm=[none, bn, in, cbn]"]
    config = load_config(arguments.preset, [*arguments.set, *more], seed=seed)
    run = open_run(str(arguments.out / "runs" / f"{arm}-{seed}"), config, device="cpu")
    run.retrain([architecture])
    images = run.sample(architecture, "last", arguments.samples, seed)
    labels = run.generator(architecture, "last").even_labels(arguments.samples)
    found = scores(images, labels, held_out)
    write_atomically(path, json.dumps(asdict(found), indent=1).encode())
    print(f"{arm}-{seed}", f"fid {found.fid:.4f}", flush=True)
    return found


def rows(found: Sequence[tuple[Scored, Scored]], names: Sequence[str]) -> Iterator[list[str]]:
    """For all images and each class: FID without labels and with them, the difference, and the accuracy."""
    yield ["all", *_compared([(without.fid, with_labels.fid) for without, with_labels in found]), ""]
    for label, name in enumerate(names):
        right = [with_labels.accuracy[label] for _, with_labels in found if with_labels.accuracy]
        pairs = [(without.class_fid[label], with_labels.class_fid[label]) for without, with_labels in found]
        yield [name, *_compared(pairs), mean([100 * share for share in right]).text(0)]


def _compared(pairs: Sequence[tuple[float, float]]) -> list[str]:
    without, with_labels = ([pair[arm] for pair in pairs] for arm in (0, 1))
    return [mean(without).text(), mean(with_labels).text(), paired_difference(with_labels, without).text()]


def main() -> None:
    """Trains, scores and prints the table."""
    arguments = study_parser(__doc__).parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    held_out = HeldOut(load_config(arguments.preset, arguments.set))
    order = [(arm, seed) for seed in range(arguments.seeds) for arm in ARMS]
    found = {each: trained(*each, arguments, held_out) for each in shared(order, arguments.share)}
    if len(found) < len(order):
        return
    table = Table("", "FID without labels", "with labels", "difference", "accuracy, %")
    names = held_out.dataset.class_names or tuple(map(str, range(held_out.dataset.num_classes)))
    pairs = [(found[ARMS[0], seed], found[ARMS[1], seed]) for seed in range(arguments.seeds)]
    for row in rows(pairs, names):
        table.add_row(*row)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
