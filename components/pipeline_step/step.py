"""The frame of every pipeline step: where it works, how it logs, and how it fails."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from autogan_core.errors import AutoGANError, ConfigError, PreemptedError
from autogan_core.monitor import Monitor
from autogan_core.run import Run, cache_folder
from autogan_core.storage import DirectoryStore
from components.exit_status import PERMANENT, status_of
from components.log_monitor import LogMonitor
from components.logs import configure_logging
from components.pipeline_step.events import EVENTS_VARIABLE, EventHandler, EventMonitor, emit
from components.pipeline_step.job import JOB_VARIABLE, Job
from components.pipeline_step.runs import Place, RunReference

logger = logging.getLogger(__name__)


class RepeatedError(AutoGANError):
    """An earlier attempt at this step has failed for a reason that another one would meet too."""


class Step:
    """What a step works with."""

    def __init__(self, place: Place, job: Job | None) -> None:
        self.place, self.job = place, job

    @property
    def known_job(self) -> Job:
        """The pipeline run, for a step that is always told.

        Raises:
            ConfigError: it was not.
        """
        if self.job is None:
            raise ConfigError(f"the id of the pipeline run is not known; set {JOB_VARIABLE}")
        return self.job

    def open(self, reference: str) -> Run:
        """The pipeline's run. Raises like `Place.open`."""
        return self.place.open(reference, self._monitor(RunReference.parse(reference).folder))

    def stop_requested(self) -> Callable[[], bool]:
        """From now on SIGTERM does not end the step: what is returned says whether it came."""
        stopping = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        return stopping.is_set

    def _monitor(self, folder: str) -> Monitor:
        if EVENTS_VARIABLE not in os.environ:
            return LogMonitor()
        local = isinstance(self.place.store, DirectoryStore)
        return EventMonitor(Console(), Path(self.place.uri) / folder if local else None)


@contextmanager
def step(name: str, store: str, job_id: str = "") -> Iterator[Step]:
    """The frame of the step ``name``, which must say which turn of a loop it is.

    Args:
        name: of the step, unique in its pipeline run.
        store: URI of the run store; "" for the one in AUTOGAN_STORE.
        job_id: KFP's id of the pipeline run, if the step is told; what the environment says comes first. Steps that are
            cached are not told, since it would keep them from ever being found in the cache.

    Raises:
        SystemExit: the work failed. The reason is logged in one line; one that another try would meet again is
            remembered, and the step's next attempt in the same pipeline run ends with it at once.
    """
    _configure(name)
    job: Job | None = None
    try:
        uri = _shared(store or _default_store())
        place = Place(uri, cache_folder(), os.environ.get("AUTOGAN_DEVICE", "auto"))
        job = Job.current(place.store) or (Job(place.store, job_id) if job_id else None)
        if reason := _earlier_failure(job, name):
            raise RepeatedError(f"not tried again, since an earlier attempt failed for good: {reason}")
        yield Step(place, job)
    except Exception as error:
        status = status_of(error)
        if job is not None and not isinstance(error, RepeatedError):
            _remember(job, name, error, status)
        sys.exit(status)


def _default_store() -> str:
    if uri := os.environ.get("AUTOGAN_STORE"):
        return uri
    raise ConfigError(
        "there is no run store: set the field run_store_uri to gs://bucket/prefix, or AUTOGAN_STORE in the "
        "ConfigMap autogan of this namespace"
    )


def _shared(store: str) -> str:
    """The store's URI, which the pods of all steps must reach."""
    if "KFP_POD_NAME" in os.environ and "://" not in store:
        raise ConfigError(
            f"run_store_uri is '{store}', a folder of this pod, which later steps cannot reach; give gs://bucket/prefix"
        )
    return store


def _earlier_failure(job: Job | None, name: str) -> str | None:
    try:
        return job.failure(name) if job else None
    except AutoGANError as error:  # a store that is out of reach is the work's affair
        logger.warning("whether an earlier attempt failed is not known: %s", error)
        return None


def _remember(job: Job, name: str, error: Exception, status: int) -> None:
    final = status == PERMANENT and isinstance(error, AutoGANError)
    reason = str(error) if isinstance(error, AutoGANError) else f"{type(error).__name__}: {error}"
    try:
        job.fail(name, reason, final=final)
    except AutoGANError as second:  # the first error may well be that the store is out of reach
        logger.warning("the reason could not be stored: %s", second)


def _configure(name: str) -> None:
    signal.signal(signal.SIGTERM, _stop)
    if EVENTS_VARIABLE in os.environ:
        logging.basicConfig(level=logging.INFO, handlers=[EventHandler()], force=True)
        emit("step", name=name)
    else:
        configure_logging()


def _stop(*_: object) -> NoReturn:
    # Every phase commits whole checkpoints only, so it may be left anywhere.
    raise PreemptedError("stopped on request; what is committed stays, and another attempt goes on from there")
