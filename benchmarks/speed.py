"""How fast this machine searches and retrains, against a plain loop and against its own ceilings.

``python -m benchmarks.speed``: times a discriminator step, a generator step and a reward of every stage, a whole search
iteration and a retraining iteration, at the demo's and at the paper's sizes, and works out from them how long whole
runs take. Where the machine is slow, less is timed and scaled up, and marked so.
"""

from __future__ import annotations

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

from autogan_core.networks.precision import training_dtype
from autogan_core.runtime.devices import describe_device, open_device
from autogan_core.storage import write_atomically
from benchmarks.ceilings import measure_ceilings
from benchmarks.measurements import Bench
from benchmarks.profiling import profile_tables, profile_work
from benchmarks.results import SizeFigures, predicted_iteration
from benchmarks.sizes import Size, SizeName, load_size
from benchmarks.tables import ceilings_table, parts_table, totals_table
from benchmarks.timing import Effort

NAMES: tuple[SizeName, ...] = ("demo", "paper")
PROFILED = 4
"""Pieces of work under the profiler."""


class Sizes(StrEnum):
    """Which sizes to time."""

    DEMO = "demo"
    PAPER = "paper"
    BOTH = "both"


class Precision(StrEnum):
    """What the product's networks compute in; see ``training.precision``."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def main(
    sizes: Annotated[Sizes, typer.Option(help="What to time.")] = Sizes.BOTH,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[Precision | None, typer.Option(help="Instead of each size's own.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Timings of each part.")] = 50,
    seconds: Annotated[float, typer.Option(min=0, help="Time for each comparison; fewer repeats then.")] = 20.0,
    architectures: Annotated[int, typer.Option(min=1, help="Architectures in each stage's sample.")] = 8,
    whole: Annotated[float, typer.Option(min=0, help="Run search iterations that should take up to so long.")] = 180.0,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Other settings for all sizes: key=value.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the figures here, as JSON.")] = None,
    profile: Annotated[Path | None, typer.Option(help="Only profile, and write traces into this folder.")] = None,
) -> None:
    """Times the parts of a search and of a retraining on this machine."""
    console, threads = Console(), torch.get_num_threads()
    overrides = [*(set_ or []), *([f"training.precision={precision.value}"] if precision else [])]
    report: dict[str, Any] = {"sizes": {}}
    for name in (name for name in NAMES if sizes in (name, Sizes.BOTH)):
        size = load_size(name, overrides)
        chosen = open_device(device, size.config.cpu_threads or threads)
        if profile is not None:
            profile_size(size, chosen, architectures, Effort(repeats, seconds), profile, console)
            continue
        with console.status("ceilings"):
            ceilings = measure_ceilings(chosen)
        figures = time_size(size, chosen, Effort(repeats, seconds), architectures, whole, console)
        rate = ceilings.flops[figures.precision]
        console.print(
            ceilings_table(ceilings, describe_device(chosen)), parts_table(figures, rate), totals_table(figures)
        )
        report |= environment(chosen)
        report["sizes"][name] = {
            "threads": torch.get_num_threads(),
            "ceilings": ceilings.to_json(),
            **figures.to_json(rate),
        }
    if out is not None:
        write_atomically(out, json.dumps(report, indent=1, allow_nan=False).encode())


def time_size(
    size: Size, device: torch.device, effort: Effort, architectures: int, whole: float, console: Console
) -> SizeFigures:
    """Every figure of one size; search iterations are run where they should take at most ``whole`` seconds."""
    num_images = len(size.dataset.images)
    with console.status(size.name) as status:
        bench = Bench(size, device, effort, architectures, status.update)
        stages, iterations = [], list[float | None]()
        for index in range(len(size.depths)):
            stages.append(bench.stage(index))
            short = predicted_iteration(size.config, num_images, stages[-1]) <= whole
            iterations.append(bench.search_iteration(index) if short else None)
        retraining = bench.retraining()
    precision = str(training_dtype(size.config.training, device)).removeprefix("torch.")
    return SizeFigures(size.name, size.config, num_images, precision, tuple(stages), retraining, tuple(iterations))


def profile_size(
    size: Size, device: torch.device, architectures: int, effort: Effort, folder: Path, console: Console
) -> None:
    """Prints where the last stage's steps and rewards spend their time, and writes their traces."""
    with console.status(size.name) as status:
        bench = Bench(size, device, effort, architectures, status.update)
        for name, work in bench.last_stage().items():
            status.update(f"{size.name}, {name}")
            trace = folder / f"{size.name}-{name.replace(' ', '-')}.json"
            events = profile_work(work, device, PROFILED, trace)
            title = f"{size.name}, stage {size.config.model.num_cells}, {name}"
            console.print(*profile_tables(events, PROFILED, title))


def environment(device: torch.device) -> dict[str, Any]:
    """What the figures depend on beside the settings."""
    backends = torch.backends
    return {
        "device": describe_device(device),
        "load_average": os.getloadavg()[0],
        "torch": torch.__version__,
        "cpu_capability": backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda,
        "cudnn": {
            "benchmark": backends.cudnn.benchmark,
            "deterministic": backends.cudnn.deterministic,
            "allow_tf32": backends.cudnn.allow_tf32,
        },
    }


if __name__ == "__main__":
    typer.run(main)
