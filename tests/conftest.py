"""Fixtures that several test modules share."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

from autogan_core.runtime.devices import open_device

DATA = Path(__file__).parent / "data"

settings.register_profile("untimed", deadline=None)  # a busy machine must not fail a property
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Small networks on a busy machine: threads would wait for each other longer than they work."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_console() -> None:
    """Takes the program's log back from a console that a command line, run by an earlier test, has sent it to."""
    log = logging.getLogger("autogan_core")
    log.handlers, log.propagate = [], True
    log.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    """Numbers of the paper's released code; where they come from stands in the file."""
    content: dict[str, Any] = json.loads((DATA / "autogan-golden.json").read_text())
    return content


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> torch.device:
    """Each kind of device; the GPU set up as the product sets it up."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    return open_device(request.param, None)
