"""The scripts in ``examples``, run as a newcomer would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
TINY = (
    *("search.iterations=3", "search.controller_steps=2", "search.num_candidates=2", "search.top_k=1"),
    *("search.training_draws=2", "search.generator_channels=4", "search.discriminator_channels=4"),
    *("search.reward.num_images=20", "search.reward.splits=2", "search.reward.recalibration_images=10"),
    *("retrain.generator_iterations=4", "retrain.validate_every=2", "retrain.validation_images=20"),
    *("retrain.generator_channels=4", "retrain.discriminator_channels=4", "scores.num_images=40", "scores.splits=2"),
)


def example(name: str, *arguments: str, cache: Path) -> str:
    """What a script prints; it must not fail."""
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "AUTOGAN_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty colour images in two folders, dark and light."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(0)
    for label, low in (("dark", 0), ("light", 128)):
        (folder / label).mkdir()
        for index in range(30):
            pixels = random.integers(low, low + 128, (20, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{index}.png")
    return folder


@pytest.mark.slow
def test_own_images_to_a_generator_that_draws(images: Path, tmp_path: Path) -> None:
    """The first script searches, trains, scores and draws; begun again it does nothing anew; the second draws a walk
    with what the first has trained."""
    settings = [part for setting in TINY for part in ("--set", setting)]
    run = str(tmp_path / "run")
    first = example("search_my_images.py", str(images), "--run-dir", run, *settings, cache=tmp_path / "cache")
    assert first.count("best reward") == 6 and "16 images as an array: (16, 3, 16, 16) uint8" in first
    again = example("search_my_images.py", str(images), "--run-dir", run, *settings, cache=tmp_path / "cache")
    assert again == "".join(line for line in first.splitlines(keepends=True) if not line.startswith("slot"))
    second = example("use_a_generator.py", run, "--out", str(tmp_path / "walk.png"), cache=tmp_path / "cache")
    assert "8 images of (3, 16, 16)" in second
    with Image.open(tmp_path / "walk.png") as walk:
        assert walk.width > 8 * 16
