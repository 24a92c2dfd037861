"""The gRPC server around `SuggestionService`: port, health, logs, graceful end."""

from __future__ import annotations

import logging
import os
import signal
import threading
from concurrent import futures
from pathlib import Path
from typing import Annotated

import grpc
import typer
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from kubeflow.katib import katib_api_pb2_grpc as api_grpc

from autogan_kubeflow.components.logs import configure_logging
from autogan_kubeflow.components.suggestion.service import SuggestionService

logger = logging.getLogger(__name__)

HEALTH_SERVICE = "manager.v1beta1.Suggestion"
"""The name that Katib's probes ask for."""
PORT = 6789
"""The port on which Katib expects a suggestion service."""
MAX_REQUEST_BYTES = 64 * 2**20
"""Katib sends every trial each time, about 4 kB of them each; gRPC's own limit of 4 MiB would stop long searches."""
GRACE_SECONDS = 20.0
"""Time for a running replay to be answered after SIGTERM; Kubernetes grants 30 s in all."""
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def start(namespace: str, address: str) -> tuple[grpc.Server, health.HealthServicer, int]:
    """Serves in threads of its own.

    Args:
        namespace: of the Experiment.
        address: ``host:port``; port 0 takes a free one.

    Returns:
        The server, its health, and the port.

    Raises:
        RuntimeError: the port is taken.
    """
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", MAX_REQUEST_BYTES), ("grpc.so_reuseport", 0)],
    )
    api_grpc.add_SuggestionServicer_to_server(SuggestionService(namespace), server)
    status = health.HealthServicer()
    status.set(HEALTH_SERVICE, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    port = server.add_insecure_port(address)
    server.start()
    return server, status, port


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = PORT,
    namespace: Annotated[
        str | None,
        typer.Option(envvar="POD_NAMESPACE", help="The Experiment's namespace. [default: the pod's own]"),
    ] = None,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Katib's suggestion service for the algorithm 'autogan': the controller of the architecture search.

    It keeps no state: every answer is replayed from the trials in the request, so it may be stopped at any moment.
    Logs are JSON lines on standard error.
    """
    configure_logging(log_level)
    stopping = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopping.set())
    home = namespace or _own_namespace()
    server, status, actual_port = start(home, f"[::]:{port}")
    logger.info("serving on port %d", actual_port, extra={"port": actual_port, "namespace": home})
    stopping.wait()
    logger.info("stopping: no new calls, %g s for those that run", GRACE_SECONDS)
    status.enter_graceful_shutdown()
    server.stop(GRACE_SECONDS).wait()


def _own_namespace() -> str:
    return _NAMESPACE_FILE.read_text().strip() if _NAMESPACE_FILE.exists() else "default"


def main() -> None:
    """Entry point."""
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    typer.run(serve)
