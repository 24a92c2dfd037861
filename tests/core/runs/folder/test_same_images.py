"""A run whose images have been moved, or exchanged."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from autogan_core.config import Config
from autogan_core.errors import DataError
from autogan_core.presets import overridden
from autogan_core.runs.folder.same_images import known_images
from autogan_core.runs.opening import open_run
from autogan_core.runs.run_results import collect_results
from autogan_core.search_space import NAMED
from autogan_core.storage import DirectoryStore

TOP1, OTHER = NAMED["paper-top1"], NAMED["paper-top2"]


def test_moved_images_are_the_runs_own(tmp_path: Path, user_config: Config) -> None:
    """Named at their new place the run goes on, with the same scores; its own configuration stays as it was."""
    folder = tmp_path / "run"
    assert known_images(DirectoryStore(folder)) is None
    run = open_run(folder, user_config, device="cpu")
    run.retrain([TOP1])
    first = run.evaluate([TOP1])
    (tmp_path / "images.npz").rename(tmp_path / "moved.npz")
    (folder / f"retrain/{TOP1}/scores.json").unlink()
    with pytest.raises(DataError, match=r"images\.npz; name one with --set data\.path"):
        open_run(folder, device="cpu").evaluate([TOP1])
    moved = open_run(folder, overridden(user_config, [f"data.path={tmp_path / 'moved.npz'}"]), device="cpu")
    assert moved.evaluate([TOP1])[TOP1].best == first[TOP1].best
    assert [training.last.iteration for training in moved.retrain([OTHER])] == [6]
    assert open_run(folder, device="cpu").config == user_config
    assert known_images(DirectoryStore(folder)) == moved.inputs.dataset.fingerprint


def test_other_images_are_refused_before_anything_is_made(
    tmp_path: Path, user_config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    """Both fingerprints are said. Nothing new is trained on them, no classifier either; what is stored is reported."""
    folder = tmp_path / "run"
    own = open_run(folder, user_config, device="cpu")
    own.retrain([TOP1])
    own.evaluate([TOP1])
    with np.load(tmp_path / "images.npz") as arrays:
        np.savez(tmp_path / "other.npz", images=255 - arrays["images"], labels=arrays["labels"])
    before = set((tmp_path / "cache").iterdir())
    other = open_run(folder, overridden(user_config, [f"data.path={tmp_path / 'other.npz'}"]), device="cpu")
    fingerprint = own.inputs.dataset.fingerprint[:12]
    with pytest.raises(
        DataError, match=rf"other\.npz holds other images .* was trained on \({fingerprint}\); name the"
    ):
        other.retrain([OTHER])
    assert set((tmp_path / "cache").iterdir()) == before
    assert other.trained() == [TOP1]
    with caplog.at_level(logging.WARNING):
        assert collect_results(other, "autogan report").real_samples is None
    assert "holds other images" in caplog.text
