"""``python -m components.katib_experiments``: prints an Experiment, or checks manifests."""

from __future__ import annotations

import components.termination  # noqa: F401  (first: the imports below take seconds)

# isort: split
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from autogan_core.errors import AutoGANError, ConfigError
from components.katib_experiments.placement import Placement
from components.katib_experiments.recipes import EXPERIMENTS, from_recipe, manifests, recipe
from components.katib_experiments.render import render
from components.manifest_checks.manifests import check_text

PROGRAM = ("python", "-m", "components.katib_experiments")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


class Job(StrEnum):
    """What each trial is."""

    pytorchjob = "pytorchjob"
    trainjob = "trainjob"


@app.command(no_args_is_help=True)
def experiments(
    context: typer.Context,
    recipe_name: Annotated[str | None, typer.Argument(metavar="[NAME]", help=", ".join(EXPERIMENTS))] = None,
    name: Annotated[str | None, typer.Option(help="Name of the Experiment. [default: NAME]")] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, such as search.iterations=30. Repeatable."),
    ] = None,
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
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check the manifests in a file instead; - is standard input.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write all of them into a folder instead, NAME.yaml each.")
    ] = None,
) -> None:
    """Prints a Katib Experiment as YAML: python -m components.katib_experiments mlas-cifar10 | kubectl apply -f -"""
    if check is not None:
        _check(check)
    elif write is not None:
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; mistakes that users can mend end in one message.

    Args:
        arguments: what stands behind ``python -m components.katib_experiments``; None takes the process's own.

    Raises:
        SystemExit: always, with status 0, 1 (refused, or the check found problems) or 2 (wrong usage).
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(given, prog_name=" ".join(PROGRAM), obj=given)
    except AutoGANError as error:
        _fail(str(error))


def write_all(folder: Path) -> None:
    """Writes every recipe's Experiment to ``NAME.yaml`` in an existing folder."""
    for name, chosen in EXPERIMENTS.items():
        path = folder / f"{name}.yaml"
        draft = path.with_suffix(".tmp")
        draft.write_text(render([from_recipe(chosen, name)], header(chosen.title, [name])))
        draft.replace(path)


def header(title: str, arguments: Sequence[str]) -> str:
    """What stands on top of an Experiment: its title, and the command that made it."""
    return f"{title}.\nMade by: {shlex.join([*PROGRAM, *arguments])}"


def _placed(placement: Placement, **options: Any) -> Placement:
    """The placement with the options that were given."""
    return replace(placement, **{name: value for name, value in options.items() if value is not None})


def _check(path: Path) -> None:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text()
    except OSError as error:
        raise ConfigError(f"cannot read '{path}': {error.strerror}") from error
    count, problems = check_text(text)
    if problems:
        _fail("\n".join(problems))
    sys.stdout.write(f"{path}: {count} objects, no problems\n")


def _fail(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(message, highlight=False, markup=False)
    sys.exit(1)


if __name__ == "__main__":
    main()
