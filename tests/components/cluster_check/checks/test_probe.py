"""What the pod finds, on a real storage server and a real port."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from autogan_core.runs.scoring.stored_inputs import prepare
from autogan_core.runtime.devices import open_device
from autogan_core.storage import open_store
from autogan_kubeflow.components.cluster_check.checks import probe
from autogan_kubeflow.components.environment import read_config
from tests.fake_gcs import FakeGCS


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGCS]:
    """A bucket, a database manager's port, and the settings that lead to them."""
    with FakeGCS(tmp_path / "gcs") as server, socket.create_server(("127.0.0.1", 0)) as listener:
        server.create_bucket("bucket")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        monkeypatch.setenv("AUTOGAN_STORE", "gs://bucket/autogan")
        monkeypatch.setenv("AUTOGAN_DB_MANAGER", f"127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.setenv("AUTOGAN_PRESET", "digits")
        yield server


@pytest.mark.slow
def test_all_is_well(gcs: FakeGCS, tmp_path: Path) -> None:
    """Store and port are reached, nothing is left in the store, and the inputs are there once they were prepared."""
    found = probe.look()
    assert (found[probe.STORE], found[probe.DB_MANAGER]) == ("", "")
    assert found[probe.PREPARED].startswith("digits is not in gs://bucket/autogan/inputs/digits-")
    store = open_store("gs://bucket/autogan", tmp_path / "cache")
    assert store.folders("") == []
    prepare(read_config("digits", ""), store, open_device("cpu", None), tmp_path / "cache")
    assert probe.look()[probe.PREPARED] == ""


def test_no_such_bucket(gcs: FakeGCS, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's own sentence is told."""
    monkeypatch.setenv("AUTOGAN_STORE", "gs://another/autogan")
    assert probe.look()[probe.STORE].startswith("there is no bucket 'another'")


def test_storage_that_is_away(gcs: FakeGCS, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up soon, and told as out of reach."""
    gcs.kill()
    monkeypatch.setattr(probe, "_STORE_DEADLINE_S", 0.5)
    assert "cannot be reached" in probe.look()[probe.STORE]


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1:1", "host.invalid:6789"])
def test_a_database_manager_that_is_away(gcs: FakeGCS, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Whatever the address, it is told and not raised."""
    monkeypatch.setenv("AUTOGAN_DB_MANAGER", address)
    assert f"{address or 'AUTOGAN_DB_MANAGER'} cannot be reached" in probe.look()[probe.DB_MANAGER]


def test_no_settings_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty ConfigMap is told in words, too."""
    for name in ("AUTOGAN_STORE", "AUTOGAN_DB_MANAGER", "AUTOGAN_PRESET"):
        monkeypatch.delenv(name, raising=False)
    found = probe.look()
    assert "'' names no place" in found[probe.STORE] and "'' names no place" in found[probe.PREPARED]


def test_the_answer_fits_into_the_pods_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is JSON of at most 4096 bytes, however long the troubles are."""
    monkeypatch.setattr(
        probe, "look", lambda: dict.fromkeys((probe.STORE, probe.PREPARED, probe.DB_MANAGER), "x" * 9999)
    )
    probe.main(tmp_path / "told")
    text = (tmp_path / "told").read_text()
    assert set(json.loads(text)) == {probe.STORE, probe.PREPARED, probe.DB_MANAGER} and len(text) <= 4096


def test_the_installed_cuda_is_torchs_own() -> None:
    """It is read from torch's files, and is what torch says."""
    import torch

    assert probe.installed_cuda() == torch.version.cuda
