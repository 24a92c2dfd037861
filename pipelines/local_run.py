"""A pipeline on this machine: the same definition, through kfp's local runner."""

from __future__ import annotations

import builtins
import logging
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autogan_core.errors import AutoGANError, ConfigError
from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE, PipelineRun
from autogan_kubeflow.components.step_runtime.events import EVENTS_VARIABLE
from autogan_kubeflow.pipelines.catalogue import build
from autogan_kubeflow.pipelines.children import ended_with_this_process
from autogan_kubeflow.pipelines.placement import PipelinePlacement
from autogan_kubeflow.pipelines.progress import StepDisplay, StepOutput

REPLACED = "python3"
"""kfp's local runner puts the interpreter's path in place of this, wherever it stands in an argument."""


@dataclass(frozen=True, slots=True)
class LocalRun:
    """A pipeline run that went well."""

    pipeline_run: str
    """The run's id, a folder below ``jobs`` in the run store."""
    outputs: Path
    """Folder with the artifacts of every step."""
    report: Path | None
    """The page that a search ends with."""
    trend: Path | None
    """The page that a transfer evaluation ends with."""


def run_locally(
    pipeline: str,
    arguments: Mapping[str, Any],
    store: Path,
    display: StepDisplay,
    *,
    file: Path | None = None,
    parallel: int = 2,
) -> LocalRun:
    """Runs a pipeline to its end, each step as a process of this environment.

    Args:
        pipeline: its name.
        arguments: of its form; the run store is set here.
        store: the run store's folder.
        display: receives the steps' progress.
        file: a compiled pipeline to run instead of the definition in this package.
        parallel: trainings at a time, at most 2: kfp's local runner allows no more.

    Returns:
        The run's id and the paths of its outputs.

    Raises:
        ConfigError: the store's path is one that kfp's local runner cannot handle.
        AutoGANError: a step failed; the message quotes its reason.
    """
    store = store.absolute()
    if REPLACED in str(store):
        raise ConfigError(
            f"the folder {store} has '{REPLACED}' in its path, which kfp's local runner would replace; choose another"
        )
    pipeline_run = f"local-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    outputs = store / "pipelines" / pipeline_run
    outputs.mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(display.close)
        log = stack.enter_context((outputs / "log.txt").open("w"))
        stack.enter_context(_environment(pipeline_run))
        stack.enter_context(_side_effects_undone())
        stack.enter_context(redirect_stdout(StepOutput(log, display)))
        stack.enter_context(ended_with_this_process())
        _run(pipeline, {**arguments, "run_store_uri": str(store)}, outputs, file, parallel)
    report, trend = (PipelineRun(DirectoryStore(store), pipeline_run).page(kind) for kind in ("report", "trend"))
    return LocalRun(pipeline_run, outputs, Path(report) if report else None, Path(trend) if trend else None)


def _run(pipeline: str, arguments: dict[str, Any], outputs: Path, file: Path | None, parallel: int) -> None:
    from kfp import components, local

    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(outputs), raise_on_error=True)
    if file is None:
        # A laptop has no node or network to wait for, so nothing is tried again.
        callable_pipeline = build(pipeline, PipelinePlacement(retries=0, parallel=parallel))
    else:
        callable_pipeline = components.load_component_from_file(str(file))
    try:
        callable_pipeline(**arguments)
    except RuntimeError as error:
        raise AutoGANError(_reason(Path(arguments["run_store_uri"]), str(error))) from error


def _reason(store: Path, error: str) -> str:
    """The messages of the failed steps; kfp's own if there are none."""
    steps = PipelineRun(DirectoryStore(store), os.environ[PIPELINE_RUN_VARIABLE]).steps()
    return "; ".join(f"the step {step.words} failed: {step.failure}" for step in steps if step.failure) or error


@contextmanager
def _environment(pipeline_run: str) -> Iterator[None]:
    """What the tasks, which inherit it, are to know; a place for the files that kfp leaves behind."""
    former = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="autogan-kfp-") as folder:
        os.environ |= {
            PIPELINE_RUN_VARIABLE: pipeline_run,
            EVENTS_VARIABLE: "1",
            "TMPDIR": folder,
            "OMP_WAIT_POLICY": "PASSIVE",
        }
        tempfile.tempdir = None
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(former)
            tempfile.tempdir = None


@contextmanager
def _side_effects_undone() -> Iterator[None]:
    """Restores ``print`` and the root logger, which kfp's threads patch and put back out of order."""
    root = logging.getLogger()
    former, handlers, level = builtins.print, root.handlers[:], root.level
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="kfp")
            warnings.filterwarnings("ignore", category=RuntimeWarning, module="kfp")
            yield
    finally:
        builtins.print = former
        root.handlers[:] = handlers
        root.setLevel(level)
