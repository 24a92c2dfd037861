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
from autogan_kubeflow.components.katib_protocol import ALGORITHM
from autogan_kubeflow.components.registration.cluster import ClusterError
from autogan_kubeflow.components.registration.config_sources import (
    Change,
    ConfigMapSource,
    ConfigSource,
    Edit,
    FileSource,
)
from autogan_kubeflow.components.registration.entry import DEFAULT_IMAGE, suggestion_entry
from autogan_kubeflow.components.registration.experiments import WHY, experiments_of_ours, listed, refusal, rescue
from autogan_kubeflow.components.registration.katib_config import KatibConfig

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
Force = Annotated[
    bool, typer.Option("--force", help="Even while Experiments of the algorithm exist, which then cannot be deleted.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the difference and write nothing.")]


@app.command()
def add(
    image: Image = DEFAULT_IMAGE, namespace: Namespace = "kubeflow", file: File = None, dry_run: DryRun = False
) -> None:
    """Add our algorithm to Katib's configuration, or update it.

    Prints the difference, and what Experiments without the algorithm need.
    """
    entry = suggestion_entry(image)
    change = _apply(lambda text: KatibConfig(text).with_entry(entry), namespace, file, dry_run)
    if not file and not dry_run and not KatibConfig(change.before).entry:
        _advise_rescue()


@app.command()
def remove(namespace: Namespace = "kubeflow", file: File = None, force: Force = False, dry_run: DryRun = False) -> None:
    """Take our algorithm out of Katib's configuration.

    Refuses while Experiments of the algorithm exist in any namespace. Prints the difference.
    """

    def edit(text: str) -> str:
        after = KatibConfig(text).without_entry()
        if after != text:
            _check_unused(file, force)
        return after

    _apply(edit, namespace, file, dry_run)


@app.command()
def show(namespace: Namespace = "kubeflow", file: File = None) -> None:
    """Print our entry in Katib's configuration."""
    text = sys.stdin.read() if file == Path("-") else _place(namespace, file).read()
    katib = KatibConfig(text)
    _warn(katib.warning())
    entry = katib.entry
    typer.echo(yaml.safe_dump([entry], sort_keys=False) if entry else f"{ALGORITHM} is not registered", nl=not entry)


def _check_unused(file: Path | None, force: bool) -> None:
    if file:
        _warn(
            f"no cluster is asked with --file: before this is applied, no Experiment of '{ALGORITHM}' may be left in "
            f"any namespace (kubectl get experiments --all-namespaces); {WHY}"
        )
        return
    try:
        found = experiments_of_ours()
    except ClusterError as error:
        if not force:
            raise ClusterError(f"{error}; or remove the entry all the same with --force") from error
        _warn(str(error))
        return
    if found and not force:
        raise ClusterError(f"{refusal(found)}, or at once with --force")
    if found:
        _warn(f"{listed(found)}; {WHY}; register again before you delete them")


def _advise_rescue() -> None:
    try:
        found = experiments_of_ours()
    except ClusterError:
        return  # the entry is there, and this is advice: who may not list them need not hear of it
    if found:
        typer.echo(f"registration: {rescue(found)}", err=True)


def _apply(edit: Edit, namespace: str, file: Path | None, dry_run: bool) -> Change:
    if file == Path("-"):
        return _filter(edit)
    source = _place(namespace, file)
    if dry_run:
        before = source.read()
        change = Change(before, edit(before))
    else:
        change = source.update(edit)
    _warn(KatibConfig(change.after).warning())
    typer.echo(change.diff(), nl=False)
    outcome = "nothing to change" if change.before == change.after else "not written" if dry_run else "written"
    typer.echo(f"{source}: {outcome}")
    return change


def _filter(edit: Edit) -> Change:
    before = sys.stdin.read()
    change = Change(before, edit(before))
    _warn(KatibConfig(change.after).warning())
    typer.echo(change.diff(), nl=False, err=True)
    typer.echo(change.after, nl=False)
    return change


def _place(namespace: str, file: Path | None) -> ConfigSource:
    return FileSource(file) if file else ConfigMapSource(namespace)


def _warn(warning: str | None) -> None:
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
