"""The commands of ``autogan pipeline`` that talk to Kubeflow Pipelines: submit, schedule and status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from autogan_core.errors import AutoGANError, ConfigError
from autogan_kubeflow.pipelines.remote.cron import Cron

if TYPE_CHECKING:  # importing kfp takes a second, and --help needs none of it
    from autogan_kubeflow.pipelines.remote.connection import Address, Server
    from autogan_kubeflow.pipelines.remote.runs import Order

EXPERIMENT = "autogan"

Pipeline = Annotated[str, typer.Argument(metavar="PIPELINE", help="mlas-search or transfer-evaluation.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the pipeline. Repeatable.")
]
PackageFile = Annotated[Path | None, typer.Option("--file", help="A compiled pipeline in place of the committed one.")]
Host = Annotated[
    str | None,
    typer.Option(
        help="Address of Kubeflow Pipelines, such as https://kubeflow.example.org/pipeline. "
        "[default: $KF_PIPELINES_ENDPOINT, else the cluster that this runs in]"
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="Holds a bearer token. [default: $KF_PIPELINES_TOKEN, the token itself, or the pod's own file]"),
]
CaFile = Annotated[Path | None, typer.Option(help="Certificates to trust, PEM. [default: the public authorities']")]
Namespace = Annotated[str | None, typer.Option(help="Of whom the runs are, where Kubeflow serves several users.")]
Experiment = Annotated[str, typer.Option(help="The experiment under which the UI lists the runs.")]
PipelineRoot = Annotated[str | None, typer.Option(help="Where outputs go, such as gs://bucket/runs.")]
ServiceAccount = Annotated[str | None, typer.Option(help="The pods' Kubernetes service account.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Run every task, also what was computed before.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, print what would be sent, and stop.")]


def add_to(pipeline: typer.Typer) -> None:
    """Adds the commands that need a Kubeflow Pipelines.

    Args:
        pipeline: the group ``autogan pipeline``.
    """
    for command in (upload, submit, schedule, status, cancel):
        pipeline.command()(command)


def upload(
    pipeline: Pipeline,
    file: PackageFile = None,
    host: Host = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    namespace: Namespace = None,
) -> None:
    """Put a pipeline among those that the Kubeflow UI offers, or a new version of it."""
    from autogan_kubeflow.pipelines.catalogue import check_pipeline, compiled
    from autogan_kubeflow.pipelines.remote.connection import connect
    from autogan_kubeflow.pipelines.remote.specification import in_package
    from autogan_kubeflow.pipelines.remote.upload import upload as send

    package = file or compiled(pipeline)
    in_package(package, check_pipeline(pipeline))  # a wrong file is found before a server is asked
    typer.echo(f"uploaded: {send(connect(_address(host, token_file, ca_file, namespace)), pipeline, package)}")


def submit(
    pipeline: Pipeline,
    param: Parameters = None,
    file: PackageFile = None,
    host: Host = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    namespace: Namespace = None,
    experiment: Experiment = EXPERIMENT,
    run_name: Annotated[str | None, typer.Option(help="[default: the pipeline's name and the time]")] = None,
    pipeline_root: PipelineRoot = None,
    service_account: ServiceAccount = None,
    no_cache: NoCache = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run; exit 1 unless it succeeds.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Start a run on Kubeflow Pipelines."""
    from autogan_kubeflow.pipelines.remote.connection import connect
    from autogan_kubeflow.pipelines.remote.runs import submit as send

    order = _order(pipeline, param, file, experiment, pipeline_root, service_account, no_cache)
    name = run_name or f"{pipeline} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    address = _address(host, token_file, ca_file, namespace)
    if dry_run:
        _print_request({"run_name": name} | order.settings(), address)
        return
    server = connect(address)
    run_id = send(server, order, name)
    typer.echo(f"run {run_id}: {server.page(f'runs/details/{run_id}')}")
    if wait:
        _follow(server, run_id)


def schedule(
    pipeline: Pipeline,
    cron: Annotated[
        str | None,
        typer.Option(metavar="'S M H DAY MONTH WEEKDAY'", help="Six fields, seconds first: '0 0 3 * * MON'."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Identifies the schedule. [default: the pipeline's name]")] = None,
    param: Parameters = None,
    file: PackageFile = None,
    max_concurrency: Annotated[int, typer.Option(min=1, max=10, help="Runs at one time.")] = 1,
    host: Host = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    namespace: Namespace = None,
    experiment: Experiment = EXPERIMENT,
    pipeline_root: PipelineRoot = None,
    service_account: ServiceAccount = None,
    no_cache: NoCache = False,
    dry_run: DryRun = False,
    remove: Annotated[bool, typer.Option("--remove", help="Delete the schedule.")] = False,
    cancel_runs: Annotated[
        bool,
        typer.Option(
            "--cancel-runs",
            help="Cancel runs under way of a schedule that is replaced or deleted; they go on otherwise.",
        ),
    ] = False,
) -> None:
    """Run a pipeline again and again; a schedule of this name is brought up to date."""
    from autogan_kubeflow.pipelines.catalogue import check_pipeline
    from autogan_kubeflow.pipelines.remote.connection import connect
    from autogan_kubeflow.pipelines.remote.schedules import Schedule, apply
    from autogan_kubeflow.pipelines.remote.schedules import remove as delete

    address = _address(host, token_file, ca_file, namespace)
    label = name or check_pipeline(pipeline)
    if remove:
        if dry_run:
            typer.echo(f"would delete the schedule '{label}'")
        else:
            delete(connect(address), label, typer.echo, cancel_runs=cancel_runs)
        return
    order = _order(pipeline, param, file, experiment, pipeline_root, service_account, no_cache)
    wanted = Schedule(name=label, order=order, cron=_explained(cron), max_concurrency=max_concurrency)
    if dry_run:
        _print_request(wanted.settings(), address)
    else:
        apply(connect(address), wanted, typer.echo, cancel_runs=cancel_runs)


def status(
    run_id: Annotated[str | None, typer.Argument(help="A run. [default: the latest runs and all schedules]")] = None,
    host: Host = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    namespace: Namespace = None,
) -> None:
    """Show the latest runs and the schedules, or one run's steps, why it failed and where its outputs lie."""
    from autogan_kubeflow.pipelines.remote.connection import connect
    from autogan_kubeflow.pipelines.remote.overview import overview_lines, run_lines

    server = connect(_address(host, token_file, ca_file, namespace))
    for line in run_lines(server, run_id) if run_id else overview_lines(server):
        typer.echo(line)


def cancel(
    run_id: Annotated[str, typer.Argument(help="A run that has not ended.")],
    host: Host = None,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    namespace: Namespace = None,
) -> None:
    """Cancel a run; its Summary step removes the Katib Experiment of its search."""
    from autogan_kubeflow.pipelines.remote.connection import connect
    from autogan_kubeflow.pipelines.remote.run_steps import FINISHED
    from autogan_kubeflow.pipelines.remote.runs import cancel as terminate
    from autogan_kubeflow.pipelines.remote.runs import get_run

    server = connect(_address(host, token_file, ca_file, namespace))
    run = get_run(server, run_id)
    if run.state in FINISHED:
        typer.echo(f"the run has ended already: {run_id}")
        return
    terminate(server, run)
    typer.echo(f"cancelled; the Summary step still runs, see: autogan pipeline status {run_id}")


def _order(
    pipeline: str,
    given: Sequence[str] | None,
    file: Path | None,
    experiment: str,
    pipeline_root: str | None,
    service_account: str | None,
    no_cache: bool,
) -> Order:
    from autogan_kubeflow.pipelines.catalogue import check_pipeline, compiled
    from autogan_kubeflow.pipelines.parameters import read_arguments
    from autogan_kubeflow.pipelines.remote.runs import Order

    return Order(
        pipeline=check_pipeline(pipeline),
        package=file or compiled(pipeline),
        arguments=read_arguments(pipeline, given or (), file),
        experiment=experiment,
        pipeline_root=pipeline_root,
        service_account=service_account,
        caching=not no_cache,
    )


def _address(host: str | None, token_file: Path | None, ca_file: Path | None, namespace: str | None) -> Address:
    from autogan_kubeflow.pipelines.remote.connection import Address

    return Address(host=host, token_file=token_file, ca_file=ca_file, namespace=namespace)


def _print_request(settings: dict[str, Any], address: Address) -> None:
    where = {"host": address.host or "from the environment", "namespace": address.namespace}
    typer.echo(yaml.safe_dump(settings | where, sort_keys=False), nl=False)
    typer.echo("nothing was sent")


def _follow(server: Server, run_id: str) -> None:
    from autogan_kubeflow.pipelines.remote.runs import follow

    try:
        follow(server, run_id, typer.echo)
    except KeyboardInterrupt as stop:
        # To run the same command again, as other commands advise, would be to start a second run.
        raise AutoGANError(f"no longer following; the run goes on: autogan pipeline status {run_id}") from stop
    typer.echo(f"run {run_id}: SUCCEEDED")


def _explained(text: str | None) -> Cron:
    if text is None:
        raise ConfigError("a schedule needs --cron with six fields, seconds first, such as --cron '0 0 3 * * MON'")
    cron = Cron.parse(text)
    dates = ", ".join(f"{date:%a %Y-%m-%d %H:%M:%S}" for date in cron.next_dates(datetime.now(UTC), 3))
    typer.echo(f"{cron.words}; next: {dates}, in UTC")
    typer.echo("(the time zone is CRON_SCHEDULE_TIMEZONE of the cluster's scheduled-workflow controller, UTC if unset)")
    for warning in cron.warnings():
        typer.echo(f"warning: {warning}", err=True)
    return cron
