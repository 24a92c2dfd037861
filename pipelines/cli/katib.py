"""The commands of ``autogan katib``: Experiments, and our algorithm in Katib's configuration."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from autogan_core.cli.run_folder import Overrides
from autogan_core.errors import ConfigError
from autogan_core.storage import write_atomically
from autogan_kubeflow.components import prepare_data
from autogan_kubeflow.components.katib_experiments.placement import Placement
from autogan_kubeflow.components.katib_experiments.recipes import EXPERIMENTS, from_recipe, manifests, recipe
from autogan_kubeflow.components.katib_experiments.render import render
from autogan_kubeflow.components.manifest_checks.manifests import check_text
from autogan_kubeflow.components.registration.cli import add, remove, show

COMMAND = ("katib", "experiment")

katib = typer.Typer(
    help="Katib: Experiments, and our algorithm in its configuration.",
    epilog="Start with: autogan katib register --image REGISTRY/suggestion:TAG, then autogan katib experiment.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


class Job(StrEnum):
    """The kind of job that each trial is."""

    pytorchjob = "pytorchjob"
    trainjob = "trainjob"


@katib.command(no_args_is_help=True)
def experiment(
    context: typer.Context,
    recipe_name: Annotated[str | None, typer.Argument(metavar="[NAME]", help=", ".join(EXPERIMENTS))] = None,
    name: Annotated[str | None, typer.Option(help="Name of the Experiment. [default: NAME]")] = None,
    overrides: Overrides = None,
    job: Annotated[
        Job, typer.Option(help="What each trial is: trainjob (Trainer 2, Katib 0.19) comes with its runtime.")
    ] = Job.pytorchjob,
    image: Annotated[str | None, typer.Option(help="Image of the trials, with a version tag or a digest.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Pods beside the master of each trial that share its work.")
    ] = None,
    store: Annotated[str | None, typer.Option(help="gs://bucket/prefix. [default: the ConfigMap autogan's]")] = None,
    namespace: Annotated[str | None, typer.Option(help="Namespace of the Experiment. [default: autogan]")] = None,
    queue: Annotated[str | None, typer.Option(help="LocalQueue of Kueue that admits each trial.")] = None,
    priority_class: Annotated[str | None, typer.Option(help="PriorityClass of the pods.")] = None,
    node_selector: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Label of the nodes for the pods. Repeatable.")
    ] = None,
    toleration: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY[=VALUE][:EFFECT]", help="Taint that the pods tolerate. Repeatable."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write all of them into a folder instead, NAME.yaml each.")
    ] = None,
) -> None:
    """Print an Experiment as YAML.

    autogan katib experiment mlas-cifar10 | kubectl apply -f -
    """
    if write is not None:
        write_all(write)
    elif recipe_name is None:
        raise ConfigError(f"say which experiment: {', '.join(EXPERIMENTS)}")
    else:
        chosen = recipe(recipe_name)
        placement = _placed(
            chosen.placement,
            job=job.value,
            image=image,
            workers=workers,
            store=store,
            namespace=namespace,
            queue=queue,
            priority_class=priority_class,
            node_selector=node_selector and tuple(node_selector),
            tolerations=toleration and tuple(toleration),
        )
        documents = manifests(chosen, name or recipe_name, overrides or (), placement)
        sys.stdout.write(render(documents, header(chosen.title, context.obj)))


@katib.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML of any objects; - is standard input.")],
) -> None:
    """Check manifests without a cluster: what Katib, the jobs' controllers and our own rules ask."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except OSError as error:
        raise ConfigError(f"cannot read '{file}': {error.strerror}") from error
    count, problems = check_text(text)
    if problems:
        typer.echo("\n".join(problems), err=True)
        raise typer.Exit(1)
    typer.echo(f"{file}: {count} objects, no problems")


def write_all(folder: Path) -> None:
    """Writes every recipe's Experiment to ``NAME.yaml`` in an existing folder."""
    for name, chosen in EXPERIMENTS.items():
        path = folder / f"{name}.yaml"
        write_atomically(path, render([from_recipe(chosen, name)], header(chosen.title, [*COMMAND, name])).encode())


def header(title: str, arguments: Sequence[str]) -> str:
    """Writes the comment at the top of an Experiment.

    Args:
        title: of the recipe.
        arguments: of that command, behind ``autogan``.

    Returns:
        The title and the command that made it, in two lines.
    """
    return f"{title}.\nMade by: {shlex.join(['autogan', *arguments])}"


def _placed(placement: Placement, **options: Any) -> Placement:
    """The placement with the options that were given."""
    return replace(placement, **{name: value for name, value in options.items() if value is not None})


katib.command("register")(add)
katib.command("unregister")(remove)
katib.command("registered")(show)
katib.command("prepare", epilog=prepare_data.EPILOG)(prepare_data.run)
