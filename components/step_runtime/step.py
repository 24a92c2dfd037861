"""The frame of every pipeline step: where it works, how it logs, how it is tried again, and how it fails.

Importing it is cheap, so that a step's process can watch over its attempts before it imports what they need. So steps
import everything else inside the frame.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

from autogan_core.errors import AutoGANError, ConfigError, PreemptedError
from autogan_core.runtime.cache_folder import cache_folder
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import DirectoryStore
from autogan_core.storage.uris import tidy, uri_trouble
from autogan_kubeflow.components.exit_status import PERMANENT, RETRY, status_of
from autogan_kubeflow.components.log_monitor import LogMonitor
from autogan_kubeflow.components.logs import configure_logging
from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE, PipelineRun, StepRecord
from autogan_kubeflow.components.pipeline_run.runs import RunReference, StoreRef
from autogan_kubeflow.components.shared_places import check_shared_store
from autogan_kubeflow.components.step_runtime.attempts import Attempt, begin_attempts, in_pod, repeated_by_argo
from autogan_kubeflow.components.step_runtime.events import EVENTS_VARIABLE, EventHandler, EventMonitor, emit

if TYPE_CHECKING:
    from autogan_core.runs.run import Run

logger = logging.getLogger(__name__)


class RepeatedError(AutoGANError):
    """An earlier pod of this step has failed for a reason that another one would meet too."""


class Step:
    """The surroundings of a step: its store, its pipeline run and its runs."""

    def __init__(self, store: str, pipeline_run_id: str) -> None:
        """Keeps the two parameters; stores and devices are opened when they are first used.

        Args:
            store: URI of the run store; "" for the one in AUTOGAN_STORE.
            pipeline_run_id: KFP's id of the pipeline run, where the environment does not hold it; "" if unknown.
        """
        self._store, self._pipeline_run_id = store, pipeline_run_id

    @cached_property
    def store_ref(self) -> StoreRef:
        """The run store and the device that the step uses.

        Raises:
            ConfigError: no store is named, or one that the pods of the other steps could not reach.
        """
        uri = _shared(self._store or _default_store())
        return StoreRef(uri, cache_folder(), os.environ.get("AUTOGAN_DEVICE", "auto"))

    @cached_property
    def pipeline_run(self) -> PipelineRun | None:
        """The pipeline run; None outside a pipeline."""
        return PipelineRun.current(self.store_ref.store) or (
            PipelineRun(self.store_ref.store, self._pipeline_run_id) if self._pipeline_run_id else None
        )

    @property
    def known_pipeline_run(self) -> PipelineRun:
        """The pipeline run, for a step that is always told.

        Raises:
            ConfigError: it was not.
        """
        if self.pipeline_run is None:
            raise ConfigError(f"the id of the pipeline run is not known; set {PIPELINE_RUN_VARIABLE}")
        return self.pipeline_run

    def open(self, reference: str) -> Run:
        """The pipeline's run. Raises like `StoreRef.open`."""
        return self.store_ref.open(reference, self._monitor(RunReference.parse(reference).folder))

    def progress(self) -> Monitor:
        """Receives the progress of work outside a run."""
        return self._monitor(None)

    def stop_requested(self) -> Callable[[], bool]:
        """Keeps SIGTERM from ending the step; the returned function says whether the signal has arrived."""
        stopping = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        return stopping.is_set

    def _monitor(self, folder: str | None) -> Monitor:
        if EVENTS_VARIABLE not in os.environ:
            return LogMonitor()
        local = isinstance(self.store_ref.store, DirectoryStore)
        return EventMonitor(Console(), Path(self.store_ref.uri) / folder if local and folder else None)


@contextmanager
def begin_step(
    name: str, store: str, pipeline_run_id: str = "", *, title: str = "", noted: bool = True
) -> Iterator[Step]:
    """Frames the step ``name``, which must tell the turns of a loop apart.

    In a pod it is left once for each attempt, in a process of its own, until one goes well or no other would help.

    Args:
        name: of the step, unique in its pipeline run.
        store: URI of the run store; "" for the one in AUTOGAN_STORE.
        pipeline_run_id: KFP's id of the pipeline run, if the step is told; what the environment says comes first.
            Steps that are cached are not told, since it would keep them from ever being found in the cache.
        title: what it does, for people, if the name does not say it.
        noted: whether the pipeline run's folder is to say how the step went. What is not noted needs no store.

    Yields:
        What the step works with.

    Raises:
        SystemExit: the work failed. The reason is logged in one line and noted. If Argo then makes another pod of the
            step, and another try would fail too or there were enough, that pod ends with the reason at once.
    """
    former = _configure(title or name)
    step = Step(store, pipeline_run_id)
    attempt, record = Attempt(), None
    try:
        attempt = begin_attempts(partial(_note_killed, step, name, title))
        record = _begin(step, name, title, attempt) if noted else None
        yield step
        _note(step, record and record.succeed())
    except Exception as error:
        status = status_of(error)
        # What nobody has foreseen may be the node's fault, which another pod would not meet.
        final = status == PERMANENT and isinstance(error, AutoGANError)
        exhausted = status == RETRY and attempt.last
        _note(step, record and record.fail(_reason(error), final=final, exhausted=exhausted))
        sys.exit(status)
    finally:
        signal.signal(signal.SIGTERM, former or signal.SIG_DFL)


def _begin(step: Step, name: str, title: str, attempt: Attempt) -> StepRecord | None:
    """Records the begin of the step.

    Returns:
        The step's record; None outside a pipeline.

    Raises:
        RepeatedError: Argo has made another pod, and that is of no use.
    """
    if step.pipeline_run is None:
        return None
    if repeated_by_argo() and (earlier := step.pipeline_run.step(name)) and (earlier.final or earlier.exhausted):
        how = f"{earlier.attempts} attempts have failed" if earlier.exhausted else "an earlier attempt failed for good"
        raise RepeatedError(f"not tried again, since {how}: {earlier.failure}")
    record = StepRecord.begin(name, os.environ.get("KFP_POD_NAME", ""), attempt.number, attempt.of, title)
    step.pipeline_run.note(record)
    return record


def _note(step: Step, record: StepRecord | None) -> None:
    if record is None or step.pipeline_run is None:
        return
    try:
        step.pipeline_run.note(record)
    except AutoGANError as error:  # if the step failed, it may well be that the store is out of reach
        logger.warning("how this step went could not be stored: %s", error)


def _note_killed(step: Step, name: str, title: str, last: Attempt, reason: str) -> None:
    """Notes the failure of an attempt that was killed."""
    logger.error("attempt %d of %d %s", last.number, last.of, reason)
    try:
        earlier = step.pipeline_run.step(name) if step.pipeline_run else None
    except AutoGANError as error:
        logger.warning("how this step went could not be stored: %s", error)
        return
    record = earlier or StepRecord.begin(name, os.environ["KFP_POD_NAME"], last.number, last.of, title)
    _note(step, record.fail(reason, exhausted=True))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, AutoGANError) else f"{type(error).__name__}: {error}"


def _default_store() -> str:
    if uri := os.environ.get("AUTOGAN_STORE"):
        return uri
    raise ConfigError(
        "there is no run store: set the field run_store_uri to gs://bucket/prefix, or AUTOGAN_STORE in the "
        "ConfigMap autogan of this namespace"
    )


def _shared(store: str) -> str:
    """The store's URI, which the pods of all steps must reach."""
    if in_pod():
        return check_shared_store(store, "run_store_uri")
    if trouble := uri_trouble(store):
        raise ConfigError(f"run_store_uri is {store!r}, which {trouble}")
    return tidy(store)


def _configure(name: str) -> signal._HANDLER:
    """Sends the log where it belongs, and lets SIGTERM end the work; returns what handled that before."""
    if EVENTS_VARIABLE in os.environ:
        logging.basicConfig(level=logging.INFO, handlers=[EventHandler()], force=True)
        emit("step", name=name)
    else:
        configure_logging()
    return signal.signal(signal.SIGTERM, _stop)


def _stop(*_: object) -> NoReturn:
    # Every phase commits whole checkpoints only, so it may be left anywhere. A signal to the process group comes twice.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise PreemptedError("stopped on request; what is committed stays, and another attempt goes on from there")
