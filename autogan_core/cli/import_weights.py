"""``autogan import``: a generator of the paper's released code becomes one of a run's trained ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autogan_core.cli.run_folder import Device, Overrides, RunDir, RunPreset, Seed, Verbose, console, session
from autogan_core.runs.folder.finding import is_run

if TYPE_CHECKING:  # torch takes seconds to import, and --help needs none of it
    from autogan_core.networks.released import ReleasedGenerator


def import_weights(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS.pth", help="A file of VITA-Group/AutoGAN.")],
    preset: RunPreset = None,
    overrides: Overrides = None,
    run_dir: RunDir = Path("runs/default"),
    seed: Seed = None,
    device: Device = "auto",
    verbose: Verbose = False,
) -> None:
    """Take over a generator that the paper's authors have released, or that their code has trained.

    Then sample, evaluate and report work in --run-dir as if it had been trained there. The file's shapes decide the
    run's sizes; a new run has the settings of cifar10, for 48x48 images of stl10.
    """
    from autogan_core.networks.released import read_released
    from autogan_core.training.validation import Origin

    released = read_released(weights)
    chosen = preset or (None if is_run(run_dir) else _preset(released))
    asked = [*_settings(released), *(overrides or ())]
    origin = Origin(weights.name, released.sha256, released.part, released.epoch)
    with session(
        False,
        read_images=False,
        preset=chosen,
        overrides=asked,
        run_dir=run_dir,
        seed=seed,
        device=device,
        verbose=verbose,
    ) as run:
        run.keep_imported(released.architecture, released.weights, origin)
    words = f"{released.architecture} ({released.architecture.readable})"
    console.print(f"{words}, {origin.words}, is in {run_dir}")


def _preset(released: ReleasedGenerator) -> str:
    return "stl10" if released.model.image_size == 48 else "cifar10"


def _settings(released: ReleasedGenerator) -> list[str]:
    """The settings of a run whose generators are like this one; it was trained, and is drawn with, in float32."""
    model = {f"model.{name}": value for name, value in released.model}
    sizes = {**model, "retrain.generator_channels": released.channels}
    return ["training.precision=float32", *(f"{name}={value}" for name, value in sizes.items())]
