"""The command line: ``python -m acceptance --help``."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from acceptance import kubectl
from acceptance.progress import Progress
from autogan_core.errors import AutoGANError
from autogan_kubeflow.components.katib_experiments import IMAGE
from autogan_kubeflow.components.registration.entry import DEFAULT_IMAGE

if TYPE_CHECKING:
    from acceptance.settings import PipelinesAccess

INTERRUPTED = 130
LOGGERS = ("autogan_kubeflow.components.katib_search",)

app = typer.Typer(
    help="Tests a cluster: registers the algorithm, prepares a namespace of its own, searches under Katib while pods "
    "are killed, compares every reward with the same search without Katib, runs the pipelines, and takes everything "
    "away again.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Context = Annotated[str | None, typer.Option(help="Context of the kubeconfig. [default: the current one]")]
Namespace = Annotated[str, typer.Option(help="Made for the test. At most 29 characters.")]
SkipPipelines = Annotated[bool, typer.Option("--skip-pipelines", help="Leave Kubeflow Pipelines alone.")]
PipelinesNamespace = Annotated[str, typer.Option(help="Where Kubeflow Pipelines is installed.")]
PipelinesHost = Annotated[
    str | None, typer.Option(help="Address of its API. [default: a port forwarded to its service]")
]
TokenFile = Annotated[Path | None, typer.Option(help="Holds a bearer token for Kubeflow Pipelines.")]
Profile = Annotated[str | None, typer.Option(help="Namespace of the runs, where Kubeflow has profiles.")]


@app.command()
def run(
    suggestion_image: Annotated[
        str | None, typer.Option(help=f"Of the suggestion service. [default: {DEFAULT_IMAGE}]")
    ] = None,
    runtime_image: Annotated[str | None, typer.Option(help=f"Of trials and pipeline steps. [default: {IMAGE}]")] = None,
    images: Annotated[
        str | None, typer.Option(metavar="REGISTRY/TEAM", help="Takes the default images from there instead.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Takes the default images with this tag.")] = None,
    namespace: Namespace = "autogan-acceptance",
    context: Context = None,
    store: Annotated[
        str | None, typer.Option(help="gs://bucket/prefix, below which a folder is made and removed.")
    ] = None,
    emulator_image: Annotated[
        str | None, typer.Option(help="Of fake-gcs-server, which serves a bucket in the cluster.")
    ] = None,
    gcs_key: Annotated[Path | None, typer.Option(help="A service account's key for the bucket.")] = None,
    google_account: Annotated[str | None, typer.Option(help="Google account for workload identity.")] = None,
    pull_secret: Annotated[Path | None, typer.Option(help="Docker's config.json for a private registry.")] = None,
    search_settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the search, mlas-smoke's. Repeatable."),
    ] = None,
    katib_namespace: Annotated[str, typer.Option(help="Where Katib is installed.")] = "kubeflow",
    skip_pipelines: SkipPipelines = False,
    pipelines_namespace: PipelinesNamespace = "kubeflow",
    pipelines_host: PipelinesHost = None,
    token_file: TokenFile = None,
    profile: Profile = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything as it is, to be looked at.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for reports; each test makes one below it.")] = Path(
        "runs/acceptance"
    ),
) -> None:
    """Test a cluster; takes about ten minutes on two CPUs. Exit status: 0 it passes, 1 it does not, 130 stopped."""
    with ExitStack() as stack:
        _use_context(context, stack)
        from acceptance.cluster import Cluster
        from acceptance.runner import AcceptanceTest
        from acceptance.settings import Settings

        settings = Settings(
            folder=out / f"{datetime.now(UTC):%Y%m%d-%H%M%S}",
            namespace=namespace,
            store=store,
            emulator_image=emulator_image,
            gcs_key=gcs_key,
            google_account=google_account,
            pull_secret=pull_secret,
            katib_namespace=katib_namespace,
            search_settings=tuple(search_settings or ()),
            pipelines=_access(skip_pipelines, pipelines_namespace, pipelines_host, token_file, profile),
            suggestion_image=suggestion_image or moved(DEFAULT_IMAGE, images, tag),
            runtime_image=runtime_image or moved(IMAGE, images, tag),
        )
        console = Console(soft_wrap=True)
        progress = Progress(console)
        progress.show_log(*LOGGERS)
        cluster = Cluster.connect(progress)
        progress.say(f"{cluster.address}, namespace {namespace}")
        report = AcceptanceTest(cluster, settings).run(keep)
        console.print()
        report.show(console)
        console.print(f"report: {report.write(settings.folder)}", highlight=False, markup=False)
    sys.exit(0 if report.passed else INTERRUPTED if report.stopped else 1)


@app.command()
def clean(
    namespace: Namespace = "autogan-acceptance",
    context: Context = None,
    skip_pipelines: SkipPipelines = False,
    pipelines_namespace: PipelinesNamespace = "kubeflow",
    pipelines_host: PipelinesHost = None,
    token_file: TokenFile = None,
    profile: Profile = None,
) -> None:
    """Take away what a test has left that was kept, or killed."""
    with ExitStack() as stack:
        _use_context(context, stack)
        from acceptance.cluster import Cluster
        from acceptance.remains import take_away

        progress = Progress(Console(soft_wrap=True))
        cluster = Cluster.connect(progress)
        access = _access(skip_pipelines, pipelines_namespace, pipelines_host, token_file, profile)
        progress.say(take_away(cluster, namespace, access))


def moved(image: str, place: str | None, tag: str | None) -> str:
    """Changes the registry or the tag of an image's name.

    Args:
        image: such as ``autogan-kubeflow/runtime:0.1.0``.
        place: what stands before the last slash; None keeps it.
        tag: None keeps it.

    Returns:
        The new name.
    """
    old_place, _, name = image.rpartition("/")
    name, separator, old_tag = name.partition(":")
    new_place, new_tag = place or old_place, tag or old_tag
    return (f"{new_place}/" if new_place else "") + name + (f":{new_tag}" if new_tag else separator)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; mistakes that users can mend end in one message.

    Args:
        arguments: what stands behind ``python -m acceptance``; None takes the process's own.

    Raises:
        SystemExit: always, with status 0, 1, 2 (wrong usage) or 130 (stopped).
    """
    try:
        app(list(sys.argv[1:] if arguments is None else arguments), prog_name="python -m acceptance")
    except AutoGANError as error:
        Console(stderr=True, soft_wrap=True).print(f"acceptance: {error}", highlight=False, markup=False)
        sys.exit(1)


def _access(
    skip: bool, namespace: str, host: str | None, token_file: Path | None, profile: str | None
) -> PipelinesAccess | None:
    from acceptance.settings import PipelinesAccess

    given = PipelinesAccess(namespace=namespace, host=host, token_file=token_file, profile=profile)
    return None if skip else given


def _use_context(context: str | None, stack: ExitStack) -> None:
    """Makes a context the current one for this process and for kubectl, by a kubeconfig that has no other.

    To be called before kubernetes' client is imported, which reads the variable when it is.
    """
    if context is None:
        return
    alone = kubectl.run("config", "view", "--raw", "--minify", "--flatten", "--context", context)
    file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(alone)
    os.environ["KUBECONFIG"] = str(file)
