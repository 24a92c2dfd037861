"""A bucket in bad weather, and every way to be kept out of it."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from google.api_core.exceptions import RetryError

from autogan_core.errors import AutoGANError, StorageAccessError, StorageUnavailableError
from autogan_core.storage import GCSStore
from autogan_core.storage.gcs_retry import ReportedRetry
from tests.core.conftest import BUCKET
from tests.fake_gcs import FakeGCS, StormyProxy, free_port
from tests.forward_proxy import forwarding, no_proxies


@pytest.fixture
def proxy(gcs: FakeGCS, monkeypatch: pytest.MonkeyPatch) -> Iterator[StormyProxy]:
    """What stands between the store and the server."""
    proxy = StormyProxy(gcs)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
    yield proxy
    proxy.close()


@pytest.fixture
def stormy_store(proxy: StormyProxy, tmp_path: Path) -> GCSStore:
    """A store that reaches the server through the proxy."""
    return GCSStore(BUCKET, tmp_path.name, tmp_path / "cache", deadline_seconds=30)


@pytest.mark.parametrize(("status", "seconds"), [(503, 3.0), (429, 0.5), (0, 0.5)])
def test_a_storm_is_survived(stormy_store: GCSStore, proxy: StormyProxy, status: int, seconds: float) -> None:
    """Answers 503 and 429 and broken connections for seconds: every request gets through in the end."""
    token = stormy_store.replace("state", b"1", None)
    proxy.storm(status, seconds)
    started = time.monotonic()
    assert stormy_store.replace("state", b"2", token) != token
    assert proxy.refused >= 1
    assert time.monotonic() - started > 0.9 * seconds
    assert stormy_store.read("state") == b"2"


REQUESTS: dict[str, Callable[[GCSStore], object]] = {
    "read": lambda store: store.read("old"),
    "write": lambda store: store.write("new", b"content"),
    "exists": lambda store: store.exists("old"),
    "list": lambda store: store.names(""),
    "delete": lambda store: store.delete_folder("folder"),
    "upload": lambda store: store.upload(Path(__file__), "file"),
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_each_request_is_repeated(stormy_store: GCSStore, proxy: StormyProxy, request_name: str) -> None:
    """A broken connection is not the end of any kind of request."""
    stormy_store.write("old", b"content")
    proxy.storm(0, 0.2)
    REQUESTS[request_name](stormy_store)
    assert proxy.refused >= 1


@pytest.mark.parametrize("token", [None, "current"])
def test_a_conditional_write_whose_answer_was_lost_has_won(
    stormy_store: GCSStore, proxy: StormyProxy, token: str | None
) -> None:
    """Its repetition meets its own first attempt, which is no conflict; the token returned is the current one."""
    current = stormy_store.replace("state", b"1", None) if token else None
    proxy.lose_answers = 1
    after = stormy_store.replace("state", b"2", current)
    assert proxy.refused == 1
    assert stormy_store.read_current("state") == (b"2", after)


def test_a_restarted_server_is_the_same_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed and started again in the middle of a run, the server keeps contents and tokens."""
    with FakeGCS(tmp_path / "server") as server:
        server.create_bucket(BUCKET)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        store = GCSStore(BUCKET, "run", tmp_path / "cache", deadline_seconds=30)
        token = store.replace("state", b"1", None)
        server.kill()
        server.start()
        assert store.read_current("state") == (b"1", token)


def test_unreachable_storage_is_said_after_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing listens: that is logged at once, and the error, worth another try later, comes not long after the
    deadline."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    store = GCSStore(BUCKET, "", tmp_path, deadline_seconds=1.5)
    started = time.monotonic()
    with pytest.raises(StorageUnavailableError, match="the bucket 'autogan-test' cannot be reached.*check the network"):
        store.read("state")
    assert time.monotonic() - started < 10
    [line] = [record for record in caplog.records if record.name.startswith("autogan_core")]
    said = r"the bucket 'autogan-test' cannot be reached \(ConnectionRefusedError: .*refused\); trying for \d s more"
    assert re.fullmatch(said, line.getMessage())


@pytest.mark.parametrize("request_name", REQUESTS)
def test_an_outage_is_logged_at_its_beginning_and_end(
    stormy_store: GCSStore, proxy: StormyProxy, request_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """However many attempts fail, of whatever request: one warning with the reason and what will happen, and one line
    when the bucket answers again."""
    stormy_store.write("old", b"content")
    proxy.storm(0, 1.0)
    with caplog.at_level(logging.INFO, "autogan_core.storage"):
        REQUESTS[request_name](stormy_store)
    assert proxy.refused >= 2
    (failure, failed), (recovery, recovered) = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert (failure, recovery) == ("WARNING", "INFO")
    assert re.fullmatch(
        r"the bucket 'autogan-test' cannot be reached \(RemoteDisconnected: .*\); trying for \d+ s more", failed
    )
    assert re.fullmatch(r"the bucket 'autogan-test' answers again after \d+ s", recovered)


def test_a_long_outage_is_logged_now_and_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By a clock that pauses move on: a line every half minute or so with the time left, none right before the end."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))

    def fail() -> None:
        raise ConnectionError("refused")

    with pytest.raises(RetryError), caplog.at_level(logging.INFO, "autogan_core.storage"):
        ReportedRetry(BUCKET, 300.0)(fail)()
    left = [
        int(re.findall(r"\(ConnectionError: refused\); trying for (\d+) s more", line)[0]) for line in caplog.messages
    ]
    assert left[0] == 300
    assert all(30 <= earlier - later <= 50 for earlier, later in pairwise(left))
    assert 20 <= left[-1] <= 70


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_rate_limit_is_waited_for(stormy_store: GCSStore, proxy: StormyProxy, request_name: str) -> None:
    """Also where it comes as 403: every kind of request gets through when it is over."""
    stormy_store.write("old", b"content")
    proxy.told = {"error": {"code": 403, "message": "Too fast.", "errors": [{"reason": "rateLimitExceeded"}]}}
    proxy.storm(403, 0.2)
    REQUESTS[request_name](stormy_store)
    assert proxy.refused >= 1


def test_a_rate_limit_that_lasts_is_told(proxy: StormyProxy, tmp_path: Path) -> None:
    """At the deadline the server is quoted."""
    hasty = GCSStore(BUCKET, "hasty", tmp_path / "cache", deadline_seconds=0.5)
    proxy.told = {"error": {"code": 403, "message": "Too fast.", "errors": [{"reason": "rateLimitExceeded"}]}}
    proxy.storm(403, 60)
    with pytest.raises(StorageUnavailableError, match=r"takes no more requests for now \(it says: Too fast\)"):
        hasty.write("name", b"content")


def test_no_request_goes_on_behind_the_stores_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is over: the client library's own threads, which would ask on for minutes, are not started."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    before = set(threading.enumerate())
    with pytest.raises(StorageUnavailableError):
        GCSStore("unreachable", "", tmp_path, deadline_seconds=0.2).read("name")
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_missing_bucket_is_said(gcs: FakeGCS, tmp_path: Path, request_name: str) -> None:
    """Every request, reading included, tells a missing bucket from a missing object."""
    with pytest.raises(StorageAccessError, match="there is no bucket 'no-such-bucket'; create it, or name another"):
        REQUESTS[request_name](GCSStore("no-such-bucket", "run", tmp_path))


@pytest.mark.parametrize("key", ["missing", "none"])
def test_missing_credentials_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Without any credentials, and with a key file that is not there."""
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    if key == "missing":
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    with pytest.raises(StorageAccessError, match="no valid credentials for the bucket 'autogan-test'; use a service"):
        GCSStore(BUCKET, "run", tmp_path).write("state", b"1")


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (
            403,
            StorageAccessError,
            r"access to the bucket 'autogan-test' is denied \(it says: .*\); grant the service account the role",
        ),
        (401, StorageAccessError, "there are no valid credentials for the bucket"),
        (400, StorageAccessError, "the bucket 'autogan-test' refuses the request"),
    ],
)
def test_refusals_are_said(
    stormy_store: GCSStore, proxy: StormyProxy, status: int, error: type[AutoGANError], sentence: str
) -> None:
    """A request that is refused for good is not repeated."""
    proxy.status = status
    with pytest.raises(error, match=sentence):
        stormy_store.write("state", b"1")
    assert proxy.refused <= 2  # Google's library asks once more, for the bucket, behind the scenes


@pytest.mark.parametrize("request_name", REQUESTS)
def test_every_request_quotes_the_server(stormy_store: GCSStore, proxy: StormyProxy, request_name: str) -> None:
    """The reason reaches the sentence however the client library wraps the answer, and so does its advice."""
    words = "Object 'x' is subject to bucket's retention policy and cannot be deleted or overwritten"
    stormy_store.write("old", b"content")
    proxy.told = {"error": {"code": 403, "message": words, "errors": [{"reason": "retentionPolicyNotMet"}]}}
    proxy.status = 403
    said = (
        f"the bucket 'autogan-test' refuses the request (it says: {words}); runs replace and delete their own objects"
    )
    with pytest.raises(StorageAccessError, match=re.escape(said)):
        REQUESTS[request_name](stormy_store)


@pytest.mark.parametrize("project", ["payer-1", None])
def test_a_requester_pays_bucket_is_told_who_pays(
    stormy_store: GCSStore, proxy: StormyProxy, monkeypatch: pytest.MonkeyPatch, project: str | None
) -> None:
    """Every request names the project, if one is set; GOOGLE_CLOUD_PROJECT, which is set for other reasons, is not."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "another")
    if project:
        monkeypatch.setenv("AUTOGAN_USER_PROJECT", project)
    stormy_store.write("old", b"content")
    for request in REQUESTS.values():
        request(stormy_store)
    assert len(proxy.paths) >= len(REQUESTS)
    assert all(("userProject=payer-1" in path) == bool(project) for path in proxy.paths)


def test_the_client_library_is_imported_late() -> None:
    """A run in a directory never loads Google's library."""
    code = "import sys, autogan_core.storage; print([m for m in sys.modules if m.startswith('google.cloud')])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_a_bucket_is_reached_through_the_proxy(gcs: FakeGCS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google's library follows the environment: the storage is found by the proxy alone."""
    no_proxies(monkeypatch)
    with forwarding(gcs.port) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://storage.test")
        store = GCSStore(BUCKET, tmp_path.name, tmp_path / "cache", deadline_seconds=20)
        store.write("state", b"1")
        assert store.read("state") == b"1"
        assert len(proxy.asked) >= 2 and all("http://storage.test/" in asked for asked in proxy.asked)
