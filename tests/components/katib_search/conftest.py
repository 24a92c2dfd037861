"""What disturbed searches run on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components.cluster import BUCKET
from tests.components.db_manager import DBManager, db_manager
from tests.fake_gcs import FakeGCS


@pytest.fixture
def gcs(tmp_path: Path) -> Iterator[FakeGCS]:
    """A storage server of this test's own, which may be killed."""
    with FakeGCS(tmp_path / "gcs") as server:
        server.create_bucket(BUCKET)
        yield server


@pytest.fixture
def manager() -> Iterator[DBManager]:
    """Katib's DB manager."""
    with db_manager() as running:
        yield running
