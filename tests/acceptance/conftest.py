"""A cluster that is an API server and nothing behind it."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from acceptance.cluster import Cluster
from acceptance.progress import Progress
from acceptance.settings import Settings
from tests.acceptance.fake_api_server import FakeApiServer
from tests.components.json_server import serving


@pytest.fixture
def said() -> StringIO:
    """What a person sees."""
    return StringIO()


@pytest.fixture
def progress(said: StringIO) -> Progress:
    """Prints into `said`."""
    return Progress(Console(file=said, width=200))


@pytest.fixture
def server() -> FakeApiServer:
    """With Katib and the training operator, and nothing of ours."""
    return FakeApiServer()


@pytest.fixture
def cluster(
    server: FakeApiServer, progress: Progress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    """Opened at the server by a kubeconfig; a second passes at once."""
    kubeconfig = tmp_path / "kubeconfig"
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))  # for kubectl
    with serving(server, kubeconfig):
        opened = Cluster.connect(progress)
        now = [0.0]
        patient = Cluster(opened.api_client, progress, lambda: now[0], lambda s: now.__setitem__(0, now[0] + s))
        yield patient
        patient.api_client.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With an emulator, and no pipelines."""
    return Settings(
        folder=tmp_path / "test",
        suggestion_image="registry.test/suggestion:2.0.0",
        runtime_image="registry.test/runtime:2.0.0",
        emulator_image="registry.test/fake-gcs-server:1",
        pipelines=None,
    )
