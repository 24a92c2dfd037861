"""Reporting of a trial's scores to Katib."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol, TextIO

import grpc
from kubeflow.katib import katib_api_pb2 as api
from kubeflow.katib import katib_api_pb2_grpc as api_grpc

from autogan_kubeflow.components.exit_status import ReportingError
from autogan_kubeflow.components.proxies import DIRECT_CHANNEL
from autogan_kubeflow.components.trial.collector import await_collector

logger = logging.getLogger(__name__)

_TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,  # the DB manager's answer to a failing database
}


class Reporter(Protocol):
    """Reports a trial's metrics, once."""

    def report(self, metrics: Mapping[str, float]) -> None:
        """Sends the metrics to Katib.

        Raises:
            ReportingError: Katib cannot be reached.
        """
        ...


class PushReporter:
    """Katib 0.18 and later, collector kind Push: tells the DB manager. No sidecar and no shell stand in between."""

    def __init__(self, trial: str, address: str, patience: float = 300.0) -> None:
        """Reports to Katib's DB manager.

        Args:
            trial: the trial's name.
            address: the DB manager's ``host:port``.
            patience: seconds to keep trying.
        """
        self._trial, self._address, self._patience = trial, address, patience

    def report(self, metrics: Mapping[str, float]) -> None:
        """See `Reporter.report`."""
        logs = [
            api.MetricLog(time_stamp=_now(), metric=api.Metric(name=name, value=repr(value)))
            for name, value in metrics.items()
        ]
        request = api.ReportObservationLogRequest(
            trial_name=self._trial, observation_log=api.ObservationLog(metric_logs=logs)
        )
        with grpc.insecure_channel(self._address, options=DIRECT_CHANNEL) as channel:
            self._send(api_grpc.DBManagerStub(channel), request)
        logger.info("reported %d metrics to %s", len(metrics), self._address)

    def _send(self, stub: api_grpc.DBManagerStub, request: api.ReportObservationLogRequest) -> None:
        deadline, pause = time.monotonic() + self._patience, 0.5
        while True:
            try:
                stub.ReportObservationLog(request, timeout=min(30.0, self._patience), wait_for_ready=True)
                return
            except grpc.RpcError as error:
                if error.code() not in _TRANSIENT or time.monotonic() + pause > deadline:
                    raise ReportingError(
                        f"Katib's DB manager at {self._address} did not take the metrics of {self._trial} "
                        f"({error.code().name}: {error.details()}); check AUTOGAN_DB_MANAGER and the NetworkPolicy"
                    ) from error
                logger.warning("the DB manager at %s: %s; trying again", self._address, error.details())
            time.sleep(pause)
            pause = min(2 * pause, 15.0)


class PrintReporter:
    """Collector kinds StdOut and File: lines ``<time> <name>=<value>``, each name once, which the sidecar reads.

    Args:
        out: where to print.
        ready: waits until the sidecar listens.
    """

    def __init__(self, out: TextIO = sys.stdout, ready: Callable[[], None] = await_collector) -> None:
        self._out, self._ready = out, ready

    def report(self, metrics: Mapping[str, float]) -> None:
        """See `Reporter.report`."""
        for name, value in metrics.items():
            self._out.write(f"{_now()} {name}={value!r}\n")
        self._out.flush()
        self._ready()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
