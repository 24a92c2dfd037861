"""``autogan import``: a released generator in a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.data import to_uint8
from autogan_core.runs.opening import open_run
from autogan_core.runtime.torch_seeding import draw_latents
from autogan_core.search_space import NAMED
from tests.core.cli.test_main import autogan
from tests.core.networks.released_files import released_images, write_checkpoint
from tests.core.tiny import CPU, OVERRIDES

TOP3 = NAMED["paper-top3"]
SETTINGS = [part for override in OVERRIDES for part in ("--set", override)]


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for this module, so that the classifier is trained once, and wide lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COLUMNS", "300")
        yield


def test_a_released_generator_is_sampled_scored_and_reported(tmp_path: Path) -> None:
    """Its samples are the released network's images; scores and report say where it comes from; it is not trained on,
    and not taken twice."""
    weights = write_checkpoint(tmp_path / "c.pth", "c")
    folder = tmp_path / "run"
    own = ["--run-dir", str(folder), "--device", "cpu"]
    taken = autogan("import", str(tmp_path / "c.pth"), "--preset", "digits", *own, *SETTINGS)
    assert taken.returncode == 0, taken.stderr
    assert "imported from c.pth (SHA-256 " in taken.stdout and "avg_gen_state_dict, epoch 300)" in taken.stdout
    assert autogan("sample", *own, "--count", "4", "--out", str(tmp_path / "many")).returncode == 0
    drawn = np.stack([np.asarray(Image.open(path)) for path in sorted((tmp_path / "many").iterdir())])
    latents = draw_latents(CPU, 4, 8, 0, "sample", 0)
    expected = to_uint8(released_images("c", weights, latents))[:, 0].numpy()
    assert np.abs(drawn.astype(int) - expected.astype(int)).max() <= 1
    assert autogan("evaluate", *own).stdout.count("is_64_2split_classifier") == 2
    assert f"{TOP3} was imported from c.pth" in autogan("report", *own).stdout
    [generator] = json.loads((folder / "summary.json").read_text())["generators"]
    assert generator["origin"].endswith("avg_gen_state_dict, epoch 300), not trained here")
    assert (generator["curve"], generator["collapsed"], generator["best"]["iteration"]) == ([], False, 0)
    assert "Generator 1 was imported from c.pth" in (folder / "report.html").read_text()
    refused = autogan("retrain", "paper-top3", *own)
    assert refused.returncode == 1 and "not trained here; train it in another run folder" in refused.stderr
    again = autogan("import", str(tmp_path / "c.pth"), *own)
    assert again.returncode == 1 and "has been trained or imported in" in again.stderr


def test_a_new_run_has_the_files_sizes(tmp_path: Path) -> None:
    """Without a preset the settings are cifar10's, or stl10's for its images, and no images are needed; a run of other
    sizes refuses the file with both."""
    write_checkpoint(tmp_path / "a.pth", "a", width=4, colours=3)
    write_checkpoint(tmp_path / "b.pth", "b", width=6, colours=3)
    for name, preset, size in (("a", "cifar10", 32), ("b", "stl10", 48)):
        folder = tmp_path / preset
        taken = autogan("import", str(tmp_path / f"{name}.pth"), "--run-dir", str(folder), "--device", "cpu")
        assert taken.returncode == 0, taken.stderr
        run = open_run(folder, device="cpu")
        [architecture] = run.trained()
        assert (run.config.preset, run.config.model.latent_dim, run.config.retrain.generator_channels) == (preset, 8, 4)
        assert run.config.training.precision == "float32"
        assert run.sample(architecture, "best", 2, seed=0).shape == (2, 3, size, size)
        assert torch.equal(run.sample(architecture, "best", 2, 0), run.sample(architecture, "last", 2, 0))
    refused = autogan("import", str(tmp_path / "b.pth"), "--run-dir", str(tmp_path / "cifar10"))
    assert refused.returncode == 1 and "model.bottom_width: 4 -> 6" in refused.stderr
