"""Fetching data sets: whole, checked, and unpacked within their folder."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autogan_core.data.base import download as module
from autogan_core.data.base.download import ARCHIVES, Archive, download
from autogan_core.errors import DataError
from tests.forward_proxy import forwarding, no_proxies


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The URL at which this machine serves the test's folder."""
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """See `http.server.BaseHTTPRequestHandler.log_message`."""


def publish(server: str, path: Path, member: str = "cifar-10-batches-bin/data_batch_1.bin") -> Archive:
    """An archive with one file."""
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo(member)
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
    return Archive(f"{server}/{path.name}", hashlib.md5(path.read_bytes()).hexdigest())


def test_a_data_set_is_fetched_and_unpacked(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder holds what the archive holds; a second call needs the publisher no more."""
    archive = publish(server, tmp_path / "published.tar.gz")
    monkeypatch.setitem(module.ARCHIVES, "cifar10", archive)
    folder = download("cifar10", tmp_path / "data")
    assert (folder / "cifar-10-batches-bin" / "data_batch_1.bin").read_bytes() == b"abc"
    (tmp_path / "published.tar.gz").unlink()
    assert download("cifar10", tmp_path / "data") == folder


@pytest.mark.parametrize("trouble", ["missing", "damaged", "escaping"])
def test_what_cannot_be_had_whole_is_an_error(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """No such file, another checksum, or a member outside the folder: the message names the URL and what to do."""
    path = tmp_path / "published.tar.gz"
    archive = publish(server, path, "../outside" if trouble == "escaping" else "inside")
    if trouble == "missing":
        path.unlink()
    if trouble == "damaged":
        path.write_bytes(path.read_bytes() + b"x")
    monkeypatch.setitem(module.ARCHIVES, "cifar10", archive)
    with pytest.raises(DataError, match=r"published\.tar\.gz cannot be fetched .* with data\.path"):
        download("cifar10", tmp_path / "data")
    assert not (tmp_path / "data" / "outside").exists()


def test_every_archive_has_a_checksum() -> None:
    """What is fetched is verified."""
    assert all(len(archive.md5) == 32 for archive in ARCHIVES.values())


def test_a_data_set_is_fetched_through_the_proxy(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The publisher is found by the proxy alone."""
    archive = publish("http://publisher.test", tmp_path / "published.tar.gz")
    monkeypatch.setitem(module.ARCHIVES, "cifar10", archive)
    monkeypatch.setattr("urllib.request._opener", None)  # keeps the proxies of its first use
    no_proxies(monkeypatch)
    with forwarding(int(server.rpartition(":")[2])) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert (download("cifar10", tmp_path / "data") / "cifar-10-batches-bin/data_batch_1.bin").read_bytes() == b"abc"
        assert any("http://publisher.test/published.tar.gz" in asked for asked in proxy.asked)
