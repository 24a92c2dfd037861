"""The command line of the registration: ``python -m components.registration --help``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import yaml

from autogan_core.errors import AutoGANError
from components.katib_protocol import ALGORITHM
from components.registration.entry import DEFAULT_IMAGE, suggestion_entry
from components.registration.katib_config import KatibConfig
from components.registration.places import Change, ConfigMapPlace, Edit, FilePlace, Place

app = typer.Typer(
    help=f"Registers the algorithm '{ALGORITHM}' in Katib's configuration, beside what is there. New Experiments take "
    "the entry at once and nothing needs a restart; running ones keep the service they started with.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Image = Annotated[str, typer.Option(help="Image of the suggestion service, with a fixed tag or a digest.")]
Namespace = Annotated[str, typer.Option(help="Where Katib is installed.")]
File = Annotated[
    Path | None,
    typer.Option(
        help="Edit this katib-config.yaml, no cluster; '-' reads standard input and writes to standard output.",
        allow_dash=True,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the difference and write nothing.")]


@app.command()
def add(
    image: Image = DEFAULT_IMAGE, namespace: Namespace = "kubeflow", file: File = None, dry_run: DryRun = False
) -> None:
    """Add our entry, or bring it up to date; prints the difference."""
    entry = suggestion_entry(image)
    _apply(lambda text: KatibConfig(text).with_entry(entry), namespace, file, dry_run)


@app.command()
def remove(namespace: Namespace = "kubeflow", file: File = None, dry_run: DryRun = False) -> None:
    """Take our entry out; prints the difference."""
    _apply(lambda text: KatibConfig(text).without_entry(), namespace, file, dry_run)


@app.command()
def show(namespace: Namespace = "kubeflow", file: File = None) -> None:
    """Print our entry as it stands there."""
    text = sys.stdin.read() if file == Path("-") else _place(namespace, file).read()
    katib = KatibConfig(text)
    _warn(text)
    entry = katib.entry
    typer.echo(yaml.safe_dump([entry], sort_keys=False) if entry else f"{ALGORITHM} is not registered", nl=not entry)


def _apply(edit: Edit, namespace: str, file: Path | None, dry_run: bool) -> None:
    if file == Path("-"):
        _filter(edit)
        return
    place = _place(namespace, file)
    if dry_run:
        before = place.read()
        change = Change(before, edit(before))
    else:
        change = place.update(edit)
    _warn(change.after)
    typer.echo(change.diff(), nl=False)
    outcome = "nothing to change" if change.before == change.after else "not written" if dry_run else "written"
    typer.echo(f"{place}: {outcome}")


def _filter(edit: Edit) -> None:
    before = sys.stdin.read()
    change = Change(before, edit(before))
    _warn(change.after)
    typer.echo(change.diff(), nl=False, err=True)
    typer.echo(change.after, nl=False)


def _place(namespace: str, file: Path | None) -> Place:
    return FilePlace(file) if file else ConfigMapPlace(namespace)


def _warn(text: str) -> None:
    warning = KatibConfig(text).warning()
    if warning:
        typer.echo(f"registration: warning: {warning}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line.

    Args:
        arguments: what stands behind the program's name; None takes the process's own.

    Raises:
        SystemExit: always, with status 0, 1 (refused, with one sentence) or 2 (wrong usage).
    """
    logging.basicConfig(level=logging.INFO, format="registration: %(message)s")
    try:
        app(list(sys.argv[1:] if arguments is None else arguments))
    except AutoGANError as error:
        typer.echo(f"registration: {error}", err=True)
        sys.exit(1)
