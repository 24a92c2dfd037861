"""A server that behaves like Kubeflow Pipelines, and the commands that talk to it."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.cli.remote import add_to
from autogan_kubeflow.pipelines.remote import runs as remote
from autogan_kubeflow.pipelines.remote.connection import Address, Server, connect
from tests.pipelines.fake_kfp_api import FakeKfp, forget_surroundings, package_text, serving


@pytest.fixture
def here_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cluster around, and no settings of whoever runs the tests."""
    forget_surroundings(tmp_path, monkeypatch)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A compiled pipeline."""
    path = tmp_path / "transfer_evaluation.yaml"
    path.write_text(package_text())
    return path


@pytest.fixture
def fake(here_only: None, monkeypatch: pytest.MonkeyPatch) -> FakeKfp:
    """A server for one user."""
    monkeypatch.setattr(remote, "POLL_S", 0.0)
    return FakeKfp()


@pytest.fixture
def host(fake: FakeKfp) -> Iterator[str]:
    """Where it is."""
    with serving(fake) as address:
        yield address


@pytest.fixture
def server(host: str) -> Server:
    """A connection to it."""
    return connect(Address(host=host))


@pytest.fixture
def autogan(host: str, package: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls a command of ``autogan pipeline`` and gives its output; `AutoGANError` passes, as to its caller."""

    def read_arguments(pipeline: str, given: Sequence[str], _file: Path | None) -> dict[str, Any]:
        pairs = [text.partition("=")[::2] for text in given]
        if any(name == "unknown" for name, _ in pairs):
            raise ConfigError(f"{pipeline} has no parameter 'unknown'")
        return dict(pairs)

    stand_in = types.ModuleType("autogan_kubeflow.pipelines.parameters")
    stand_in.__dict__["read_arguments"] = read_arguments
    monkeypatch.setitem(sys.modules, "autogan_kubeflow.pipelines.parameters", stand_in)
    monkeypatch.setattr("autogan_kubeflow.pipelines.catalogue.compiled", lambda _: package)
    app = typer.Typer()
    add_to(app)

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--host", host])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return call
