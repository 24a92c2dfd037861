"""Fixtures of the steps' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE
from tests.components.step_runtime.process import restored_process
from tests.components.tasks.stand_in import Artifacts


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A pod's environment, with one cache for all tests."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.getbasetemp() / "autogan-cache"))
    monkeypatch.setenv(PIPELINE_RUN_VARIABLE, "one")
    with restored_process():
        yield


@pytest.fixture
def new(tmp_path: Path) -> Artifacts:
    """Makes artifacts."""
    return Artifacts(tmp_path / "artifacts")
