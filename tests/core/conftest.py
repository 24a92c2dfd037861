"""A fake bucket for the session, and both kinds of run store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from autogan_core.storage import DirectoryStore, GCSStore, RunStore
from tests.fake_gcs import FakeGCS

BUCKET = "autogan-test"


@pytest.fixture(scope="session")
def fake_gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeGCS]:
    """A running server with the bucket `BUCKET`."""
    with FakeGCS(tmp_path_factory.mktemp("gcs")) as server:
        server.create_bucket(BUCKET)
        yield server


@pytest.fixture
def gcs(fake_gcs: FakeGCS, monkeypatch: pytest.MonkeyPatch) -> FakeGCS:
    """The server, with the environment that leads to it."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", fake_gcs.url)
    return fake_gcs


@pytest.fixture
def gcs_store(gcs: FakeGCS, tmp_path: Path) -> GCSStore:
    """An empty store in the bucket."""
    return GCSStore(BUCKET, f"runs/{uuid.uuid4().hex}", tmp_path / "read-cache", deadline_seconds=20)


@pytest.fixture(params=["directory", "gcs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RunStore:
    """An empty store of either kind."""
    if request.param == "directory":
        return DirectoryStore(tmp_path / "store")
    bucket_store: GCSStore = request.getfixturevalue("gcs_store")
    return bucket_store
