"""A tiny HTTP proxy on this machine, which takes every host for one server of this machine, and notes who was asked."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY")


class ForwardProxy:
    """What the proxy was asked for."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        """What HTTP_PROXY must say."""
        self.asked: list[str] = []
        """Method and address of each request, such as ``GET http://host/path`` or ``CONNECT host:443``."""
        self.logins: set[str | None] = set()
        """What the requests gave to be let in."""


@contextmanager
def forwarding(upstream_port: int | None = None) -> Iterator[ForwardProxy]:
    """Passes every request to a server of this machine; without one, and for tunnels, answers that it cannot."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            proxy.asked.append(f"{self.command} {self.path}")
            proxy.logins.add(self.headers.get("Proxy-Authorization"))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if upstream_port is None or self.command == "CONNECT":
                self.send_error(502)
                return
            parts = urlsplit(self.path)
            upstream = http.client.HTTPConnection("127.0.0.1", upstream_port, timeout=30)
            headers = {key: value for key, value in self.headers.items() if key.lower() != "connection"}
            upstream.request(self.command, f"{parts.path}?{parts.query}", body or None, headers)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            self.send_response(answer.status)
            for key, value in answer.getheaders():
                if key.lower() not in {"transfer-encoding", "connection", "content-length", "date", "server"}:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = _handle  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = ForwardProxy(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clears the environment of the machine that the tests run on."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
