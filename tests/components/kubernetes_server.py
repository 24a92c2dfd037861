"""`FakeKubernetes` over HTTP: requests and answers, watches as chunks, and connections that are cut."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.components.fake_kubernetes import FakeKubernetes, Fault, Request, status

ROOTS = (
    "/apis/kubeflow.org/v1beta1/namespaces/",
    "/apis/argoproj.io/v1alpha1/namespaces/",
    "/api/v1/namespaces/",
)
"""Of Katib's resources, Argo's and Kubernetes' own."""


@contextmanager
def serving(kubernetes: FakeKubernetes) -> Iterator[str]:
    """Serves it on a free port; yields the URL."""

    class Handler(_Handler):
        server_kubernetes = kubernetes

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # an answer in two packets would wait 40 ms for an acknowledgement
    server_kubernetes: FakeKubernetes

    def _handle(self) -> None:
        kubernetes, request = self.server_kubernetes, self._read()
        with kubernetes.lock:
            kubernetes.requests.append(request)
            fault = kubernetes.trouble(request) or Fault()
        if fault.cut:
            if fault.takes_effect and request.verb != "watch":
                kubernetes.answer(request)
            self._cut()
        elif fault.status is not None:
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            self._reply(*status(fault.status, "Induced", fault.message), headers)
        elif request.verb == "watch" and ("watch", request.plural) not in kubernetes.forbidden:
            self._stream(request, fault)
        else:
            self._reply(*kubernetes.answer(request), {})

    do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - names that http.server looks for

    def _read(self) -> Request:
        url = urlsplit(self.path)
        [root] = [root for root in ROOTS if url.path.startswith(root)]
        namespace, plural, *rest = url.path.removeprefix(root).split("/")
        query = dict(parse_qsl(url.query))
        reading = "get" if rest else "watch" if query.get("watch") in ("true", "True") else "list"
        verb = {"POST": "create", "DELETE": "delete", "GET": reading}[self.command]
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        return Request(verb, plural, namespace, rest[0] if rest else None, query, body)

    def _reply(self, code: int, content: dict[str, Any], headers: dict[str, str]) -> None:
        text = json.dumps(content).encode() if content else b"404 page not found\n"
        self.send_response(code)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def _stream(self, request: Request, fault: Fault) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        error = status(fault.watch_error or 0, "Induced", fault.message)[1]
        failing = iter([{"type": "ERROR", "object": error}])
        try:
            for event in self.server_kubernetes.watch(request) if fault.watch_error is None else failing:
                if event is not None:
                    self._chunk(event)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:  # the client has gone
            self.close_connection = True

    def _chunk(self, event: dict[str, Any]) -> None:
        text = json.dumps(event).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None: ...
