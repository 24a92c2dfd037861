"""``autogan run``: everything, with the settings of a preset, or with those that suit a person's own images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autogan_core.cli.run_commands import write_report_of
from autogan_core.cli.run_folder import (
    Device,
    DryRun,
    Overrides,
    RunPreset,
    Seed,
    Variant,
    Verbose,
    console,
    session,
)
from autogan_core.errors import ConfigError

DEFAULT_RUN_DIR = Path("runs/default")

Images = Annotated[
    Path | None,
    typer.Argument(
        metavar="[IMAGES]",
        help="Your own images: a folder, an archive of them, .parquet or .npz. Every setting that is not given is then "
        "decided by what is found there, with its reason.",
    ),
]
Hours = Annotated[
    float | None,
    typer.Option(
        min=0.01, help="With IMAGES: how long it may take, about. [default: 1 on a CPU, 8 on a GPU]", show_default=False
    ),
]
OptionalRunDir = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the run: configuration, history, weights, report. [default: runs/NAME-OF-IMAGES, else "
        "runs/default]",
        show_default=False,
    ),
]


def run(
    images: Images = None,
    hours: Hours = None,
    preset: RunPreset = None,
    variant: Variant = None,
    overrides: Overrides = None,
    run_dir: OptionalRunDir = None,
    seed: Seed = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Everything: search, retrain the best (or halve a pool), score them, write the report.

    'autogan run my-images/' needs no more: it looks at the images, tells what it found, what it will do and why, how
    long that takes and how much memory, and does it. Settings that you give, by --preset, --variant or --set, stand.
    The same command again continues the run.
    """
    if images is not None:
        from autogan_core.cli.first_run import first_run

        first_run(images, hours, preset, variant, overrides, run_dir, seed, device, dry_run=dry_run, verbose=verbose)
        return
    _require_no(hours)
    with session(
        False,
        preset=preset,
        variant=variant,
        overrides=overrides,
        run_dir=run_dir or DEFAULT_RUN_DIR,
        seed=seed,
        device=device,
        dry_run=dry_run,
        verbose=verbose,
    ) as opened:
        opened.search()
        opened.halve()
        opened.evaluate(opened.found())
        write_report_of(console, opened)


def _require_no(hours: float | None) -> None:
    """Refuses a time for a run whose budget the settings decide."""
    if hours is not None:
        raise ConfigError(
            f"--hours {hours:g} is for images of your own; name them, as in: autogan run my-images/ --hours {hours:g}"
        )
