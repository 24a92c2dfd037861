"""The advice in a run's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import StateError
from autogan_core.report.results.decided import Decided, Decision, Taken
from autogan_core.runs.folder.decided_file import DECIDED_FILE, keep_actual, read_decided, write_decided
from autogan_core.storage import DirectoryStore

DECIDED = Decided(
    ("300 images",), (Decision("retrain.incumbents", ["sn-gan"], "why"),), Taken(100.0, 1000.0), hours=0.5
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    """None without one; a changed byte is damage."""
    store = DirectoryStore(tmp_path)
    assert read_decided(store) is None
    write_decided(store, DECIDED)
    assert read_decided(store) == DECIDED
    (tmp_path / DECIDED_FILE).write_bytes((tmp_path / DECIDED_FILE).read_bytes().replace(b"300", b"301"))
    with pytest.raises(StateError, match="is damaged"):
        read_decided(store)


def test_the_highest_peak_of_all_processes_stays(tmp_path: Path) -> None:
    """Time is the latest sum; both are compared with what was announced."""
    store = DirectoryStore(tmp_path)
    write_decided(store, DECIDED)
    keep_actual(store, 50.0, 1200.0)
    keep_actual(store, 110.0, 800.0)
    found = read_decided(store)
    assert found is not None and found.actual == Taken(110.0, 1200.0)
    assert found.comparison == (
        "announced: 2 min and 1,000 MiB; it took 2 min and 1,200 MiB (time +10 %, memory +20 %)"
    )
