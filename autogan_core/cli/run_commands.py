"""The commands that search, train, score, draw and report, each in the folder of a run."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from autogan_core.cli.architectures import parsed, single
from autogan_core.cli.run_folder import console, in_run_folder
from autogan_core.errors import ConfigError
from autogan_core.presets import command_for
from autogan_core.search_space import NAMED

if TYPE_CHECKING:  # torch takes seconds to import, and --help and --dry-run need none of it
    from autogan_core.runs.run import Run
    from autogan_core.training.validation import TrainingResult

Architectures = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ARCH",
        help=f"Architectures: {', '.join(NAMED)}, 1011-10011-10103, the released code's numbers, or words as "
        "'describe' prints them.",
    ),
]

OTHER_PICTURES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pdf", ".svg", ".tif", ".tiff", ".webp"})
"""Endings by which people mean a picture, and not a folder."""


class Checkpoint(StrEnum):
    """Which of a training's two kept generators."""

    best = "best"
    last = "last"


@in_run_folder(existing=lambda given: False)
def search(opened: Run) -> None:
    """Search only; prints the best architectures."""
    table = Table("rank", "architecture", "in words", "reward", box=None)
    for rank, beam in enumerate(opened.search(), start=1):
        table.add_row(str(rank), str(beam.architecture), beam.architecture.readable, f"{beam.reward:.3f}")
    console.print(table)


@in_run_folder(existing=lambda given: not given["architectures"])
def retrain(opened: Run, *, architectures: Architectures = None) -> None:
    """Train architectures to the end: the given ones, else those that the run's search found; with retrain.pool or
    retrain.incumbents a pool, of which the better half goes on at each rung.
    """
    if given := parsed(architectures):
        trained = [(training, "") for training in opened.retrain(given)]
    else:
        opened.halve()
        trained = _ladder_rows(opened)
    table = Table("architecture", "best FID", "at", "last FID", "at", "", box=None)
    for training, remark in trained:
        best, last = training.best, training.last
        row = (f"{best.fid:.2f}", str(best.iteration), f"{last.fid:.2f}", str(last.iteration))
        remarks = [remark, "collapsed" if training.collapsed else ""]
        table.add_row(str(training.architecture), *row, ", ".join(filter(None, remarks)))
    console.print(table)


@in_run_folder()
def evaluate(opened: Run, *, architectures: Architectures = None) -> None:
    """Score retrained architectures by the final protocol: the given ones, else all that the run has trained but those
    that fell out of its pool. With --set scores.num_images, splits, features or precision by another protocol than the
    run's own, whose scores are kept beside those that there are.
    """
    for architecture, checkpoints in opened.evaluate(parsed(architectures) or opened.worth_scoring()).items():
        for name, checkpoint in (("best", checkpoints.best), ("last", checkpoints.last)):
            scores = "  ".join(f"{key} {value:.3f}" for key, value in checkpoint.scores.items())
            console.print(f"{architecture} {name} ({checkpoint.iteration} iterations)  {scores}")
            for found in (checkpoint.classes, checkpoint.copies):
                if found is not None:
                    console.print(f"{architecture} {name} drew {found.words}")


@in_run_folder()
def sample(
    opened: Run,
    *,
    architectures: Annotated[
        list[str] | None, typer.Argument(metavar="[ARCH]", help="One that the run has trained.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many images.")] = 64,
    checkpoint: Annotated[Checkpoint, typer.Option(help="Of lowest FID, or of the last iteration.")] = Checkpoint.best,
    label: Annotated[
        str | None,
        typer.Option(help="The class to draw, by name or number. [default: all, one after the other; needs classes]"),
    ] = None,
    sample_seed: Annotated[int, typer.Option(min=0, help="Other latent vectors, other images.")] = 0,
    out: Annotated[Path, typer.Option(help="A .png for one grid, or a folder for single images.")] = Path(
        "samples.png"
    ),
) -> None:
    """Draw images with a retrained generator."""
    from autogan_core.report.figures.png import write_grid, write_single_images

    if out.suffix.lower() in OTHER_PICTURES:
        raise ConfigError(f"--out is '{out}', but images are written as PNG; name a .png file, or a folder")
    trained = opened.worth_scoring() or opened.trained()
    if not architectures and not trained:
        raise ConfigError(f"nothing has been trained in {opened.location} yet; run 'autogan retrain' first")
    chosen = single(architectures) if architectures else trained[0]
    images = opened.sample(chosen, checkpoint, count, sample_seed, label)
    (write_grid if out.suffix.lower() == ".png" else write_single_images)(images, out)
    drawn = "" if label is None else f", {label}"
    console.print(f"{count} images of {chosen}{drawn} in {out}")


@in_run_folder()
def report(opened: Run) -> None:
    """Write report.html and summary.json of a run, as far as it has come."""
    write_report_of(console, opened)


def _ladder_rows(opened: Run) -> list[tuple[TrainingResult, str]]:
    """Every training of the pool that was validated, and what became of it; without halving, in the beams' order."""
    ladder = opened.ladder()
    if not opened.config.retrain.halves:
        found = [ladder.training(entrant.architecture) for entrant in ladder.pool]
        return [(training, "") for training in found if training is not None]
    rows = []
    for standing in ladder.standings():
        place = "" if standing.outcome == "finalist" else f" in rung {standing.rung + 1} of {len(ladder.rungs)}"
        if training := ladder.training(standing.entrant.architecture):
            rows.append((training, f"{standing.outcome}{place}"))
    return rows


def write_report_of(console: Console, opened: Run) -> None:
    """Writes a run's report into its folder, and prints its scores."""
    from autogan_core.cli.terminal import print_summary
    from autogan_core.report.html import write_report
    from autogan_core.runs.run_results import collect_results

    results = collect_results(opened, f"{command_for(opened.config)} --run-dir {shlex.quote(opened.location)}")
    print_summary(console, write_report(results, Path(opened.location)))
