"""A run as those see it who only read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.runs.local_search import HistoryFile
from autogan_core.runs.run_records import RunRecords
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.storage import DirectoryStore
from tests.components.scripted_katib import local_records
from tests.core.tiny import tiny_config


def test_a_search_is_read_back(tmp_path: Path) -> None:
    """Before it is finished that is said; then its best are there, and nothing has been trained."""
    config, store = tiny_config(), DirectoryStore(tmp_path)
    records = RunRecords(store, config)
    assert not records.searched
    with pytest.raises(ConfigError, match="is not finished"):
        records.beams()
    history = local_records(config)
    HistoryFile(store).write(history)
    assert records.searched
    beams = MultiLevelSearch(config.search_space(), config.search, config.seed).beams(history)
    assert records.beams() == beams
    assert records.found() == [beam.architecture for beam in beams[: config.retrain.num_architectures]]
    assert (records.trained(), records.evaluated()) == ([], {})
    assert records.has_file(HistoryFile.NAME) and not records.has_file("report.html")


def test_reading_needs_no_torch() -> None:
    """Whoever only reads does not pay torch's seconds and megabytes."""
    code = "import sys, autogan_core.runs.run_records; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)
