"""Katib's DB manager as a trial meets it: metrics come in over gRPC, rows accumulate."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager

import grpc
from kubeflow.katib import katib_api_pb2 as api
from kubeflow.katib import katib_api_pb2_grpc as api_grpc


class DBManager(api_grpc.DBManagerServicer):  # type: ignore[misc]
    """Keeps what trials report; fails as often as it is told to."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[str, str, str]]] = {}
        self.failures: list[grpc.StatusCode] = []
        self.port = 0

    @property
    def address(self) -> str:
        """What AUTOGAN_DB_MANAGER must say."""
        return f"127.0.0.1:{self.port}"

    def ReportObservationLog(  # noqa: N802
        self, request: api.ReportObservationLogRequest, context: grpc.ServicerContext
    ) -> api.ReportObservationLogReply:
        """Stores a trial's rows: time, name, value."""
        if self.failures:
            context.abort(self.failures.pop(0), "the database is away")
        rows = self.rows.setdefault(request.trial_name, [])
        rows += [(log.time_stamp, log.metric.name, log.metric.value) for log in request.observation_log.metric_logs]
        return api.ReportObservationLogReply()

    def latest(self, trial: str) -> dict[str, str]:
        """The value of each metric as metric strategy ``latest`` gives it."""
        return {name: value for _, name, value in self.rows.get(trial, [])}


@contextmanager
def db_manager() -> Iterator[DBManager]:
    """A DB manager on a free port."""
    manager = DBManager()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    api_grpc.add_DBManagerServicer_to_server(manager, server)
    manager.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield manager
    finally:
        server.stop(0).wait()
