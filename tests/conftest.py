"""Fixtures that several test modules share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    """Numbers of the paper's released code; where they come from stands in the file."""
    content: dict[str, Any] = json.loads((DATA / "autogan-golden.json").read_text())
    return content
