"""The smoke test's search on a cluster of processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.components.db_manager import DBManager
from tests.components.katib_search.disturbed_search import check_disturbed
from tests.fake_gcs import FakeGCS

BOTH = ("search.networks=both", "search.reward.adaptation_steps=1")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("overrides", [(), BOTH], ids=["generator", "both networks"])
def test_a_disturbed_cluster_search_equals_the_local_one(
    gcs: FakeGCS, manager: DBManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overrides: tuple[str, ...]
) -> None:
    """Service, trials and storage server are killed at random, the API server fails two requests of five; assignments,
    rewards to the last bit and beams, read from Trial resources, and the weights that trainings go on from, are
    those of an undisturbed local run."""
    check_disturbed(gcs, manager, tmp_path, monkeypatch, overrides)
