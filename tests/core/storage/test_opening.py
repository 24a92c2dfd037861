"""From text to a run store."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import ConfigError, StorageUnavailableError
from autogan_core.storage import DirectoryStore, GCSStore, open_store
from tests.core.conftest import BUCKET
from tests.fake_gcs import FakeGCS


def test_a_path_is_a_directory(tmp_path: Path) -> None:
    """Names lie below it."""
    store = open_store(str(tmp_path), tmp_path / "cache")
    assert isinstance(store, DirectoryStore)
    store.write("a/b", b"1")
    assert (tmp_path / "a" / "b").read_bytes() == b"1"
    assert store.location("a/b") == str(tmp_path / "a" / "b")


@pytest.mark.parametrize(("prefix", "full"), [("", "a/b"), ("/", "a/b"), ("/runs/one", "runs/one/a/b")])
def test_a_uri_is_a_bucket(gcs: FakeGCS, tmp_path: Path, prefix: str, full: str) -> None:
    """Names lie below the prefix, with one slash."""
    store = open_store(f"gs://{BUCKET}{prefix}", tmp_path)
    assert isinstance(store, GCSStore)
    store.write("a/b", prefix.encode())
    assert store.location("a/b") == f"gs://{BUCKET}/{full}"
    assert GCSStore(BUCKET, "", tmp_path).read(full) == prefix.encode()


def test_a_bucket_that_is_away_is_given_up_at_the_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever only wants to know whether it is there need not wait as long as a trial does."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    with pytest.raises(StorageUnavailableError):
        open_store("gs://bucket", tmp_path, deadline_seconds=0.1).read("a")


def test_blanks_and_slashes_around_do_no_harm(tmp_path: Path) -> None:
    """A directory and a bucket typed with them are the same as without."""
    plain = open_store(str(tmp_path / "runs"), tmp_path)
    assert open_store(f" {tmp_path}/runs/\n", tmp_path).location("a") == plain.location("a")
    assert open_store(" gs://bucket/x/ ", tmp_path).location("a") == "gs://bucket/x/a"


@pytest.mark.parametrize("uri", ["", "gs://", "gs:///prefix", "s3://bucket/prefix"])
def test_other_texts_are_refused(tmp_path: Path, uri: str) -> None:
    """The error quotes the text and shows what to write."""
    with pytest.raises(ConfigError, match=rf"^'{uri}' .*gs://bucket/prefix$"):
        open_store(uri, tmp_path)


@pytest.mark.parametrize("uri", ["gs:/bucket/x", "GS://bucket/x", "gs//:bucket/x"])
def test_a_mistyped_bucket_is_no_directory(tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made in the working folder, and the right spelling is given."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"^'{uri}' is misspelt; write gs://bucket/x$"):
        open_store(uri, tmp_path)
    assert list(tmp_path.iterdir()) == []
