"""The command line: ``autogan --help``."""

from __future__ import annotations

import fcntl
import functools
import inspect
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
import yaml
from rich.console import Console
from rich.table import Table

from autogan_core.cli.reproduce import HELP as EXPERIMENT_HELP
from autogan_core.cli.reproduce import experiment
from autogan_core.config import Config
from autogan_core.errors import AutoGANError, ConfigError, unusable_file
from autogan_core.presets import command_for, load_config, preset_names, variant_names
from autogan_core.search_space import NAMED, Architecture

if TYPE_CHECKING:  # torch takes seconds to import, and --help and --dry-run need none of it
    from autogan_core.runs.run import Run
    from autogan_core.training.validation import Training

app = typer.Typer(
    help="Searches generator architectures for GANs (AutoGAN, ICCV 2019), retrains the best and scores them.",
    epilog=(
        "Start with: autogan run --preset digits --run-dir runs/digits. "
        "Every command continues where it stopped when it is run again."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
console = Console(soft_wrap=True)
INTERRUPTED = 130

# Waiting OpenMP threads spin by default, which on busy or virtual cores slowed training six-fold. It is read when torch
# is first imported, hence its place here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

Preset = Annotated[str, typer.Option(help=f"{', '.join(preset_names())}, or a .yaml file of the same form.")]
RunPreset = Annotated[
    str | None,
    typer.Option(
        help=f"{', '.join(preset_names())}, or a .yaml file. [default: those of the run in --run-dir, else digits]"
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, such as search.iterations=30. Repeatable."),
]
Variant = Annotated[
    str | None,
    typer.Option(help=f"{' or '.join(variant_names())}: its settings on top of the preset's, before those of --set."),
]
RunDir = Annotated[Path, typer.Option(help="Folder of the run: configuration, history, weights, report.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seeds everything random. [default: the preset's]")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda. Auto takes a GPU if there is one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the resolved settings and the plan, and stop.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the program's log, not only its warnings.")]
Architectures = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ARCH",
        help=f"Architectures: {', '.join(NAMED)}, 1011-10011-10103, or words as 'describe' prints them.",
    ),
]


class Checkpoint(StrEnum):
    """Which of a training's two kept generators."""

    best = "best"
    last = "last"


def _resolve(run_dir: Path, preset: str | None, overrides: Sequence[str] | None, seed: int | None) -> Config:
    """The run's own configuration when nothing else is asked for, so that its settings need not be repeated."""
    stored = _stored_config(run_dir)
    if stored is not None and preset is None and not overrides and seed is None:
        return stored
    name = preset or (stored.preset if stored else "digits")
    return load_config(name, overrides or (), seed=seed)


def _stored_config(run_dir: Path) -> Config | None:
    if not run_dir.is_dir():
        return None
    from autogan_core.runs.run_config import stored_config
    from autogan_core.storage import DirectoryStore

    return stored_config(DirectoryStore(run_dir))


@contextmanager
def _session(
    *,
    preset: RunPreset = None,
    variant: Variant = None,
    overrides: Overrides = None,
    run_dir: RunDir = Path("runs/default"),
    seed: Seed = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> Iterator[Run]:
    """Opens the run for one command, alone in its folder. A dry run prints the plan and ends the program."""
    first = [f"variant={variant}"] if variant else []
    config = _resolve(run_dir, preset, [*first, *(overrides or ())], seed)
    if dry_run:
        console.print(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False), highlight=False, markup=False)
        from autogan_core.runs.plan import plan

        console.print(plan(config), highlight=False, markup=False)
        raise typer.Exit
    from autogan_core.cli.terminal import RunMonitor, log_to
    from autogan_core.runs.inputs import make_inputs
    from autogan_core.runs.run import Run
    from autogan_core.runtime.cache_folder import cache_folder
    from autogan_core.runtime.devices import open_device
    from autogan_core.storage import DirectoryStore

    log_to(console, verbose)
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"another autogan process works in {run_dir}; wait for it, or choose another") from error
        opened = open_device(device, config.cpu_threads)
        monitor = RunMonitor(console, run_dir)
        yield Run(DirectoryStore(run_dir), config, opened, monitor, lambda: make_inputs(config, opened, cache_folder()))


def in_run_folder(body: Callable[..., None]) -> Callable[..., None]:
    """Makes a command of ``body``, which works in the folder of a run.

    ``body`` takes the opened run first and its own parameters by name; the command has these and all options that
    decide which run it is.
    """
    common = inspect.signature(_session, locals={"Run": object}, eval_str=True).parameters
    own = list(inspect.signature(body, locals={"Run": object}, eval_str=True).parameters.values())[1:]

    @functools.wraps(body)
    def command(**given: Any) -> None:
        with _session(**{name: given.pop(name) for name in common}) as this:
            body(this, **given)

    del command.__wrapped__
    parameters = [*own, *common.values()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return app.command()(command)


@in_run_folder
def run(this: Run) -> None:
    """Everything: search, retrain the best (or halve a pool), score them, write the report."""
    this.search()
    this.halve()
    this.evaluate(this.found())
    _report(this)


@in_run_folder
def search(this: Run) -> None:
    """Search only; prints the best architectures."""
    table = Table("rank", "architecture", "in words", "reward", box=None)
    for rank, beam in enumerate(this.search(), start=1):
        table.add_row(str(rank), str(beam.architecture), beam.architecture.readable, f"{beam.reward:.3f}")
    console.print(table)


@in_run_folder
def retrain(this: Run, *, architectures: Architectures = None) -> None:
    """Train architectures to the end: the given ones, else those that the run's search found; with retrain.pool or
    retrain.incumbents a pool, of which the better half goes on at each rung."""
    parsed = _parsed(architectures)
    if parsed:
        trained = [(training, "") for training in this.retrain(parsed)]
    else:
        this.halve()
        trained = _ladder_rows(this)
    table = Table("architecture", "best FID", "at", "last FID", "at", "", box=None)
    for training, remark in trained:
        best, last = training.best, training.last
        row = (f"{best.fid:.2f}", str(best.iteration), f"{last.fid:.2f}", str(last.iteration))
        remarks = [remark, "collapsed" if training.collapsed else ""]
        table.add_row(str(training.architecture), *row, ", ".join(filter(None, remarks)))
    console.print(table)


@in_run_folder
def evaluate(this: Run, *, architectures: Architectures = None) -> None:
    """Score retrained architectures by the final protocol: the given ones, else all that the run has trained but those
    that fell out of its pool."""
    for architecture, checkpoints in this.evaluate(_parsed(architectures) or this.worth_scoring()).items():
        for name, checkpoint in (("best", checkpoints.best), ("last", checkpoints.last)):
            scores = "  ".join(f"{key} {value:.3f}" for key, value in checkpoint.scores.items())
            console.print(f"{architecture} {name} ({checkpoint.iteration} iterations)  {scores}", highlight=False)


@in_run_folder
def sample(
    this: Run,
    *,
    architecture: Annotated[str | None, typer.Argument(metavar="ARCH", help="One that the run has trained.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many images.")] = 64,
    checkpoint: Annotated[Checkpoint, typer.Option(help="Of lowest FID, or of the last iteration.")] = Checkpoint.best,
    sample_seed: Annotated[int, typer.Option(min=0, help="Other latent vectors, other images.")] = 0,
    out: Annotated[Path, typer.Option(help="A .png for one grid, or a folder for single images.")] = Path(
        "samples.png"
    ),
) -> None:
    """Draw images with a retrained generator."""
    from autogan_core.report.figures.png import write_grid, write_single_images

    trained = this.worth_scoring() or this.trained()
    if architecture is None and not trained:
        raise ConfigError(f"nothing has been trained in {this.location} yet; run 'autogan retrain' first")
    chosen = Architecture.parse(architecture) if architecture else trained[0]
    images = this.sample(chosen, checkpoint, count, sample_seed)
    (write_grid if out.suffix == ".png" else write_single_images)(images, out)
    console.print(f"{count} images of {chosen} in {out}", highlight=False)


@in_run_folder
def report(this: Run) -> None:
    """Write the report of what a run has come to so far: report.html and summary.json."""
    _report(this)


@app.command()
def describe(
    architecture: Annotated[str, typer.Argument(metavar="ARCH", help=f"{', '.join(NAMED)}, or any other.")],
    preset: Preset = "cifar10",
    overrides: Overrides = None,
    svg: Annotated[Path | None, typer.Option(help="Also draw it into this .svg file.")] = None,
) -> None:
    """Show an architecture: diagram, parameters and FLOPs, for the preset's image size and retraining width."""
    from autogan_core.metrics import generator_macs, generator_parameters
    from autogan_core.report.figures.diagram import architecture_svg, architecture_text
    from autogan_core.storage import write_atomically

    parsed = Architecture.parse(architecture)
    config = load_config(preset, overrides or ())
    channels = config.retrain.generator_channels
    console.print(f"{parsed}   {parsed.readable}\n", highlight=False)
    console.print(architecture_text(parsed, config.model), highlight=False, markup=False)
    parameters, macs = (count(parsed, config.model, channels) for count in (generator_parameters, generator_macs))
    console.print(
        f"\nwith {channels} channels: {parameters:,} parameters, {macs / 1e9:.3f} GFLOPs for an image "
        "(multiply-accumulates, as the paper counts)",
        highlight=False,
    )
    if svg is not None:
        write_atomically(svg, architecture_svg(parsed, config.model).encode())
        console.print(f"drawn in {svg}", highlight=False)


app.command(help=EXPERIMENT_HELP)(experiment)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; mistakes that users can mend end in one message and exit status 1.

    Args:
        arguments: what stands behind ``autogan``; None takes the process's own.

    Raises:
        SystemExit: always, with status 0, 1, 2 (wrong usage) or 130 (stopped).
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A Kubernetes pod or a batch system stops a job by SIGTERM; it is to end like Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app(given)
    except AutoGANError as error:
        _fail(str(error), 1)
    except OSError as error:
        if (message := unusable_file(error)) is None:
            raise
        _fail(message, 1)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            again = shlex.join(["autogan", *given])
            _fail(f"stopped; to continue, run the same command again: {again}", INTERRUPTED)
        raise


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(message: str, status: int) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(f"autogan: {message}", highlight=False, markup=False)
    sys.exit(status)


def _parsed(architectures: Sequence[str] | None) -> list[Architecture]:
    return [Architecture.parse(text) for text in architectures or ()]


def _ladder_rows(this: Run) -> list[tuple[Training, str]]:
    """Every training of the pool that was validated, and what became of it; without halving, in the beams' order."""
    ladder = this.ladder()
    if not this.config.retrain.halves:
        found = [ladder.training(entrant.architecture) for entrant in ladder.pool]
        return [(training, "") for training in found if training is not None]
    rows = []
    for standing in ladder.standings():
        place = "" if standing.outcome == "finalist" else f" in rung {standing.rung + 1} of {len(ladder.rungs)}"
        if training := ladder.training(standing.entrant.architecture):
            rows.append((training, f"{standing.outcome}{place}"))
    return rows


def _report(this: Run) -> None:
    from autogan_core.cli.terminal import print_summary
    from autogan_core.report.html import write_report
    from autogan_core.runs.run_results import collect_results

    results = collect_results(this, f"{command_for(this.config)} --run-dir {shlex.quote(this.location)}")
    print_summary(console, write_report(results, Path(this.location)))
