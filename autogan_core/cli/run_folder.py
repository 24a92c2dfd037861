"""Commands that work in the folder of a run: the options that they share, and the run that these open."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from autogan_core.cli.consoles import console as plain_console
from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config, overridden, preset_names, variant_names
from autogan_core.runs.folder.finding import is_run, no_run_in

if TYPE_CHECKING:  # torch takes seconds to import, and --help needs none of it
    from autogan_core.runs.run import Run

console = plain_console()

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
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Print the resolved settings, the plan, and what memory and time it takes; stop."),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the program's log, not only its warnings.")]


def _resolve(run_dir: Path, preset: str | None, overrides: Sequence[str] | None, seed: int | None) -> Config:
    """The preset that is named, else the run's own configuration, so that its settings need not be repeated."""
    stored = _stored_config(run_dir)
    if stored is not None and preset is None:
        return overridden(stored, overrides or (), seed=seed)
    return load_config(preset or "digits", overrides or (), seed=seed)


def _stored_config(run_dir: Path) -> Config | None:
    if not run_dir.is_dir():
        return None
    from autogan_core.runs.folder.run_config import stored_config
    from autogan_core.storage import DirectoryStore

    return stored_config(DirectoryStore(run_dir))


@contextmanager
def session(
    existing: bool,
    *,
    read_images: bool = True,
    preset: RunPreset = None,
    variant: Variant = None,
    overrides: Overrides = None,
    run_dir: RunDir = Path("runs/default"),
    seed: Seed = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> Iterator[Run]:
    """Opens the run for one command, which must be there already if ``existing``; the rest are the command's options.

    Yields:
        The run.

    Raises:
        ConfigError: it must be there, and is not; or `open_run` refuses.
        Exit: of a dry run, which prints the plan instead.
    """
    if existing and not is_run(run_dir):
        raise ConfigError(no_run_in(run_dir))
    first = [f"variant={variant}"] if variant else []
    config = _resolve(run_dir, preset, [*first, *(overrides or ())], seed)
    if dry_run:
        console.print(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
        from autogan_core.runs.planning.plan import plan

        console.print(plan(config))
        from autogan_core.networks.precision import precision_words
        from autogan_core.runs.planning.needs import needs
        from autogan_core.runtime.devices import open_device

        opened = open_device(device, config.cpu_threads)
        console.print(precision_words(config.training, opened))
        console.print(needs(config, opened))
        raise typer.Exit
    from autogan_core.cli.terminal import RunMonitor, log_to
    from autogan_core.runs.opening import open_run
    from autogan_core.runs.planning.preflight import check_before
    from autogan_core.runtime.cache_folder import cache_folder

    log_to(console, verbose)
    if not existing:
        check_before(config, run_dir, cache_folder())
    yield open_run(run_dir, config, device=device, monitor=RunMonitor(console, run_dir), read_images=read_images)


def in_run_folder(
    *, existing: Callable[[Mapping[str, Any]], bool] = lambda given: True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a command of a function that works in the folder of a run.

    The function takes the opened run first and its own parameters by name; the command has these and all options that
    decide which run it is.

    Args:
        existing: whether the run must be there already, from the function's own parameters. A command that only reads
            makes none.

    Returns:
        A decorator, which gives a function with the combined signature, for Typer.
    """
    common = dict(list(inspect.signature(session, locals={"Run": object}, eval_str=True).parameters.items())[2:])

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(body, locals={"Run": object}, eval_str=True).parameters.values())[1:]

        def command(**given: Any) -> None:
            options = {name: given.pop(name) for name in common}
            with session(existing(given), **options) as opened:
                body(opened, **given)

        command.__name__, command.__doc__ = body.__name__, body.__doc__
        command.__signature__ = inspect.Signature([*own, *common.values()])  # type: ignore[attr-defined]
        return command

    return decorate
