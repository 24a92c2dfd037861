"""A run on images of a user's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autogan_core.config import Config
from tests.core.tiny import tiny_config, tiny_dataset


@pytest.fixture
def user_images(tmp_path: Path) -> Path:
    """The tiny run's digits as a user's file."""
    dataset, path = tiny_dataset(), tmp_path / "images.npz"
    np.savez(path, images=dataset.images.permute(0, 2, 3, 1).numpy(), labels=dataset.require_labels().numpy())
    return path


@pytest.fixture
def user_config(user_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Of a run on them, with an empty cache."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(tmp_path / "cache"))
    return tiny_config("data.name=npz", f"data.path={user_images}")
