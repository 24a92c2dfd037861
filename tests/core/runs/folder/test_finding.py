"""The run that somebody meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.runs.folder.finding import no_run_in
from autogan_core.runs.opening import open_run


@pytest.mark.parametrize("typed", ["runs/digit", "run/digits", "runs/digits/retrain"])
def test_the_nearest_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """A slip in the last name or in the one before, and a folder in the run."""
    monkeypatch.chdir(tmp_path)
    for name in ("digits", "clothes"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "config.json").touch()
    assert no_run_in(Path(typed)) == f"there is no run in '{typed}'; did you mean 'runs/digits'?"


def test_a_program_is_told_the_same_and_nothing_is_made(tmp_path: Path) -> None:
    """Without a configuration a run is only opened. Far from other tests' folders, of which one might be meant."""
    with pytest.raises(ConfigError, match="there is no run in '.*mine'; 'autogan run' makes one"):
        open_run(tmp_path / "far" / "away" / "mine")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_runs_is_none(tmp_path: Path) -> None:
    """One of them is named."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "config.json").touch()
    assert no_run_in(tmp_path).endswith(f"did you mean '{tmp_path / 'a'}'?")
