"""The part of a Kubernetes API server that the registration talks to, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

PATH = "/api/v1/namespaces/{}/configmaps/katib-config"


class FakeCluster:
    """One ConfigMap with optimistic locking.

    Args:
        data: its content.
        namespace: where it is.
    """

    def __init__(self, data: dict[str, str], namespace: str = "kubeflow") -> None:
        self.namespace = namespace
        self.object: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "katib-config",
                "namespace": namespace,
                "resourceVersion": "7",
                "annotations": {"example.org/owner": "platform"},
            },
            "data": dict(data),
        }
        self.refusal: dict[str, int] = {}
        """HTTP status by method."""
        self.others: list[str] = []
        """Texts that another writer stores right before our next writes."""
        self.requests: list[str] = []

    @property
    def text(self) -> str:
        """The configuration as it stands."""
        text: str = self.object["data"]["katib-config.yaml"]
        return text

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """HTTP status and object."""
        self.requests.append(method)
        if method in self.refusal:
            return self.refusal[method], {"kind": "Status", "message": "refused"}
        if path != PATH.format(self.namespace):
            return 404, {"kind": "Status", "message": "not found"}
        if method == "PUT":
            if self.others:
                self._store({**self.object, "data": {"katib-config.yaml": self.others.pop(0)}})
            if body["metadata"]["resourceVersion"] != self.object["metadata"]["resourceVersion"]:
                return 409, {"kind": "Status", "message": "the object has been modified"}
            self._store(body)
        return 200, self.object

    def _store(self, new: dict[str, Any]) -> None:
        version = str(int(self.object["metadata"]["resourceVersion"]) + 1)
        self.object = {**new, "metadata": {**new["metadata"], "resourceVersion": version}}


@contextmanager
def serving(cluster: FakeCluster, kubeconfig: Path) -> Iterator[None]:
    """Serves ``cluster`` and writes a kubeconfig that leads to it."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = cluster.answer(self.command, self.path, json.loads(body or b"{}"))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = _handle  # noqa: N815 - names that http.server looks for

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    write_kubeconfig(kubeconfig, server.server_port)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_kubeconfig(path: Path, port: int) -> None:
    """Writes a kubeconfig for an API server on this machine."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "fake",
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "fake", "user": {"token": "none"}}],
    }
    path.write_text(yaml.safe_dump(content))
