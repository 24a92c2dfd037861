"""The commands of ``autogan cluster``: what a cluster has, lacks, and how to mend it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autogan_core.cli.consoles import console

if TYPE_CHECKING:  # importing the Kubernetes client takes a second, and --help needs none of it
    from autogan_kubeflow.components.cluster_check.catalogue import Topic

MISSING = 1
"""Exit status: something has to be mended."""
ROUNDS = 3
"""A namespace has to be there before what belongs into it."""

cluster = typer.Typer(
    help="The Kubernetes cluster that searches and pipelines run on.",
    epilog="Start with: autogan cluster check. docs/cluster.md sets a cluster up.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@cluster.callback()
def _cluster() -> None: ...


@cluster.command(
    epilog=(
        "Exit status: 0 nothing is missing, 1 something is (or the cluster cannot be reached), 2 wrong usage. "
        "Without --fix nothing in the cluster changes, but for a pod that writes, reads and deletes a small object in "
        "the bucket with the trials' account, and is deleted afterwards; --no-pod leaves it out."
    )
)
def check(
    namespace: Annotated[str, typer.Option(help="Of Experiments and their trials.")] = "autogan",
    katib_namespace: Annotated[str, typer.Option(help="Of Katib and the training operator.")] = "kubeflow",
    pipelines_namespace: Annotated[
        str, typer.Option(help="Where the pods of pipelines run: a profile, where there are profiles.")
    ] = "kubeflow",
    pipelines_account: Annotated[
        str | None, typer.Option(help="As whom they run. [default: pipeline-runner or default-editor]")
    ] = None,
    context: Annotated[str | None, typer.Option(help="Of the kubeconfig. [default: the current one]")] = None,
    image: Annotated[
        str | None, typer.Option(help="Of the trials. [default: that of the Job prepare-data, else the manifests']")
    ] = None,
    suggestion_image: Annotated[
        str | None, typer.Option(help="What should be registered, which --fix does. [default: whatever is]")
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Mend what is ours: namespace and label, accounts, the pipelines' role binding, the registration "
            "(with --suggestion-image), ended Jobs. Says each change.",
        ),
    ] = False,
    no_pod: Annotated[bool, typer.Option("--no-pod", help="Do not look from inside by a pod.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look at a cluster with your own rights: what is there, what is missing, and the command that mends it.

    What you may not look at is said, too, and who could.
    """
    from autogan_kubeflow.components.cluster_check import report
    from autogan_kubeflow.components.cluster_check.base.cluster import Cluster
    from autogan_kubeflow.components.cluster_check.base.finding import Verdict
    from autogan_kubeflow.components.cluster_check.base.target import Target
    from autogan_kubeflow.components.cluster_check.catalogue import count, inspect
    from autogan_kubeflow.components.cluster_check.checks.inside import Waiting
    from autogan_kubeflow.components.cluster_check.checks.rights import whoami
    from autogan_kubeflow.components.cluster_check.mending import mend
    from autogan_kubeflow.pipelines.placement import PipelinePlacement

    out, progress = Console(), console(stderr=True)

    def tell(line: str) -> None:
        progress.print(line)

    step = PipelinePlacement()
    target = Target(
        namespace=namespace,
        katib_namespace=katib_namespace,
        pipelines_namespace=pipelines_namespace,
        pipelines_account=pipelines_account,
        image=image,
        suggestion_image=suggestion_image,
        step_requests={"cpu": step.cpu, "memory": step.memory, step.gpu_type: str(step.gpus)},
    )

    def look(waiting: Waiting | None) -> list[Topic]:
        connection = Cluster.connect(context)
        tell(f"looking at {connection.host} as {whoami(connection) or 'you'}")
        return inspect(connection, target, waiting)

    for _ in range(ROUNDS if fix else 0):
        if not mend(look(None), tell):
            break
    topics = look(None if no_pod else Waiting(tell))
    if as_json:
        typer.echo(json.dumps(report.plain(topics), indent=2))
    else:
        out.print(report.table(topics))
        for line in report.remedies(topics):
            out.print(line, highlight=False, markup=False, soft_wrap=True)
        out.print(report.summary(topics), highlight=False)
    if count(topics, Verdict.missing):
        raise typer.Exit(MISSING)
