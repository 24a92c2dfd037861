"""The commands of ``autogan pipeline``: compile a pipeline, run it on this machine, or on Kubeflow Pipelines."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from autogan_core.cli.consoles import console as plain_console
from autogan_core.cli.run_folder import Verbose, console
from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.catalogue import PIPELINES, check_pipeline, compile_to, compiled
from autogan_kubeflow.pipelines.cli import remote
from autogan_kubeflow.pipelines.cli.remote import PackageFile, Parameters, Pipeline
from autogan_kubeflow.pipelines.placement import PipelinePlacement

if TYPE_CHECKING:  # torch takes seconds to import
    from autogan_kubeflow.pipelines.local_run import LocalRun

DEFAULTS = PipelinePlacement()
LOCAL_DEFAULTS = {"mlas-search": {"settings_preset": "digits", "search_backend": "local"}, "transfer-evaluation": {}}
"""Defaults of a form's fields on a machine without a cluster."""

DATA_FIELDS = ("data_set", "data_files_uri")
"""Fields that can hold the path of images."""

pipeline = typer.Typer(
    help="Kubeflow pipelines: the search and the transfer evaluation, on a cluster or on this machine.",
    epilog=(
        "Start with: autogan pipeline run-local mlas-search. "
        "In the Kubeflow UI, upload pipelines/compiled/mlas_search.yaml, or what 'compile' writes."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)


@pipeline.command("compile")
def compile_pipelines(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[PIPELINE]...", help=f"{', '.join(PIPELINES)}. [default: all]")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder of the .yaml files.")] = Path("."),
    image: Annotated[str, typer.Option(help="Of all steps and trials; a digest means the same tomorrow.")] = (
        DEFAULTS.image
    ),
    gpus: Annotated[int, typer.Option(help="GPUs of each training, score and trial; 0 for CPUs only.")] = DEFAULTS.gpus,
    gpu_type: Annotated[str, typer.Option(help="Name of the GPU resource.")] = DEFAULTS.gpu_type,
    prepare_gpus: Annotated[
        int, typer.Option(help="GPUs of Prepare data: 1 saves an hour, once for each large data set.")
    ] = DEFAULTS.prepare_gpus,
    backend: Annotated[
        Literal["katib", "local"],
        typer.Option(help="Default of search_backend; local also gives the search step what it computes on."),
    ] = DEFAULTS.backend,
    cpu: Annotated[str, typer.Option(help="CPU cores of each step that computes.")] = DEFAULTS.cpu,
    memory: Annotated[str, typer.Option(help="Memory of each step that computes.")] = DEFAULTS.memory,
    scratch: Annotated[str, typer.Option(help="Disk of each step that computes.")] = DEFAULTS.scratch,
    node_selector: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Nodes for trials and steps with a GPU; with --gpus 0 for all that compute. Repeatable.",
        ),
    ] = None,
    toleration: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="Taints that trials, and steps with a GPU, tolerate. Repeatable. [default: nvidia.com/gpu]",
        ),
    ] = None,
    trial_queue: Annotated[
        str, typer.Option(help="LocalQueue of Kueue that admits the trials of a Katib search.", show_default=False)
    ] = DEFAULTS.trial_queue,
    trial_priority_class: Annotated[
        str, typer.Option(help="PriorityClass of these trials.", show_default=False)
    ] = DEFAULTS.trial_priority_class,
    parallel: Annotated[int, typer.Option(help="Trainings at a time; 0 for all at once.")] = DEFAULTS.parallel,
    rungs: Annotated[int, typer.Option(help="Most rungs of successive halving that a run may have.")] = DEFAULTS.rungs,
    retries: Annotated[
        int, typer.Option(help="Further attempts of a step whose process, node or network failed.")
    ] = DEFAULTS.retries,
    store: Annotated[str, typer.Option(help="Default of run_store_uri, gs://bucket/prefix.")] = DEFAULTS.store,
) -> None:
    """Write pipelines as YAML for the Kubeflow UI, placed where you say."""
    placement = PipelinePlacement(
        image=image,
        gpus=gpus,
        gpu_type=gpu_type,
        prepare_gpus=prepare_gpus,
        backend=backend,
        cpu=cpu,
        memory=memory,
        scratch=scratch,
        node_selector=tuple(node_selector or ()),
        tolerations=tuple(toleration) if toleration else DEFAULTS.tolerations,
        trial_queue=trial_queue,
        trial_priority_class=trial_priority_class,
        parallel=parallel,
        rungs=rungs,
        retries=retries,
        store=store,
    )
    for name in names or PIPELINES:
        path = output / compiled(name).name
        compile_to(name, placement, path)
        console.print(f"wrote {path}")


@pipeline.command("run-local")
def run_local(
    name: Pipeline,
    param: Parameters = None,
    store: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path("runs"),
    file: PackageFile = None,
    parallel: Annotated[int, typer.Option(min=1, max=2, help="Trainings at a time; 1 if they share one GPU.")] = 2,
    verbose: Verbose = False,
) -> None:
    """Run a pipeline on this machine, without a cluster: every step a process of its own.

    Running it again goes on where it stopped; what is done is not repeated.
    """
    from autogan_kubeflow.pipelines.parameters import read_arguments

    defaults = [f"{key}={value}" for key, value in LOCAL_DEFAULTS[check_pipeline(name)].items()]
    if any(text.partition("=")[0] == "run_store_uri" for text in param or ()):
        raise ConfigError("the run store of a local run is given by --store FOLDER, not by --param run_store_uri")
    arguments = read_arguments(name, [*defaults, *(param or ())], file, remote=False)
    # Only here is ~ somebody's home: elsewhere these name what pods can reach.
    arguments |= {key: os.path.expanduser(arguments[key]) for key in DATA_FIELDS if key in arguments}
    from autogan_kubeflow.pipelines.local_run import run_locally
    from autogan_kubeflow.pipelines.progress import StepDisplay

    display = StepDisplay(plain_console(file=sys.stdout), verbose)
    _print_outcome(run_locally(name, arguments, store, display, file=file, parallel=parallel))


def _print_outcome(done: LocalRun) -> None:
    if done.report is not None:
        from autogan_core.cli.terminal import print_summary

        print_summary(console, done.report)
    elif done.trend is not None:
        _print_newest(done.trend)
        console.print(f"trend: {done.trend}")
    console.print(f"artifacts and log of every step: {done.outputs}")


def _print_newest(trend: Path) -> None:
    """Prints the last line of the history beside a trend's page, and how it differs from the one before."""
    from autogan_core.metrics.protocols import LONG_NAMES, find_score
    from autogan_core.report.score_history import ScoreHistory, origins
    from autogan_core.report.trend import changes
    from autogan_core.storage import DirectoryStore

    lines = ScoreHistory(DirectoryStore(trend.parent), trend.stem).read()
    table = Table("", *LONG_NAMES.values(), "scores", box=None)
    for origin in origins(lines):
        scores = origin.evaluation.scores
        cells = [found.text if (found := find_score(scores, kind)) else "" for kind in LONG_NAMES]
        words = (
            f"new: {', '.join(origin.reasons)}"
            if origin.new
            else f"reused, of {origin.evaluation.evaluated:%Y-%m-%d %H:%M}"
        )
        table.add_row(str(origin.evaluation.architecture), *cells, words)
    console.print(table)
    for change in changes(lines):
        console.print(change)
    console.print(f"lines in the history: {len(lines)}")


remote.add_to(pipeline)
