"""Runs that an earlier version has begun, under the commands as a person types them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autogan_core.cli.run_folder import console
from autogan_core.metrics.scorer import Scorer
from autogan_core.runs.local_search import HistoryFile
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore
from autogan_core.training.derived_gan import DerivedGAN
from tests.core.cli.test_main import autogan
from tests.core.older_runs import OlderStore


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for this module, with nothing of the earlier version in it, and wide lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(console, "width", 200)
        yield


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The run store of commit 14af42c."""
    return OlderStore.copied("14af42c", tmp_path).root


def succeed(command: str, folder: Path, *more: str) -> str:
    """What a command prints that ends well; nothing is said about the classifier."""
    done = autogan(command, *more, "--run-dir", str(folder), "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "kept apart" not in done.stdout + done.stderr
    return done.stdout


def summary(folder: Path) -> dict[str, Any]:
    """What the report says, for programs."""
    tree: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return tree


@pytest.mark.slow
def test_every_command_shows_what_a_whole_run_came_to(
    older: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beams, trainings, scores, samples and the report are what its version has written, and nothing is computed."""
    folder = older / "whole"
    before = summary(folder)
    monkeypatch.setattr(SharedGAN, "run", None)
    monkeypatch.setattr(DerivedGAN, "_train_until", None)
    monkeypatch.setattr(Scorer, "score", None)
    searched = succeed("search", folder)
    for beam in before["beams"]:
        assert re.search(rf"{beam['architecture']} +{re.escape(beam['words'])} +{beam['reward']:.3f}", searched)
    trained, scored = succeed("retrain", folder), succeed("evaluate", folder)
    for generator in before["generators"]:
        architecture, best = generator["architecture"], generator["best"]
        fid = min(point["scores"]["fid_32_classifier"] for point in generator["curve"])
        assert re.search(rf"{architecture} +{fid:.2f} +{best['iteration']} ", trained)
        assert f"{architecture} best ({best['iteration']} iterations)" in scored
        assert f"fid_64_classifier {best['scores']['fid_64_classifier']:.3f}" in scored
    assert "5 images of" in succeed("sample", folder, "--count", "5", "--out", str(tmp_path / "grid.png"))
    assert (tmp_path / "grid.png").stat().st_size > 100
    for command in ("report", "run"):
        assert "scores: 64 images, 2 splits, classifier features" in succeed(command, folder)
        after = summary(folder)
        for kept in ("fingerprint", "classifier_accuracy", "search", "beams", "best_generator"):
            assert after[kept] == before[kept]
        for name, value in before["real_scores"].items():
            assert after["real_scores"][name] == pytest.approx(value, rel=1e-3)
        assert [g["best"] for g in after["generators"]] == [g["best"] for g in before["generators"]]


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_end(older: Path) -> None:
    """One command searches, trains, scores and reports to what its own version has made of the same run, by a
    classifier of the recipe of that time, trained anew."""
    succeed("run", older / "killed")
    mine, its = (HistoryFile(DirectoryStore(older / name)).read() for name in ("killed", "whole"))
    assert [record.assignment for record in mine] == [record.assignment for record in its]
    for my_record, its_record in zip(mine, its, strict=True):
        assert my_record.rewards == pytest.approx(its_record.rewards, rel=1e-3)
    killed, whole = summary(older / "killed"), summary(older / "whole")
    assert killed["best_generator"] == whole["best_generator"]
    for my_generator, its_generator in zip(killed["generators"], whole["generators"], strict=True):
        for name, value in its_generator["best"]["scores"].items():
            assert my_generator["best"]["scores"][name] == pytest.approx(value, rel=1e-3)


@pytest.mark.slow
def test_it_is_scored_by_another_protocol_and_trains_on(older: Path) -> None:
    """New scores stand beside those that its version has stored; a training that is added is scored like these."""
    folder = older / "whole"
    before = summary(folder)
    assert succeed("evaluate", folder, "--set", "scores.num_images=96").count("fid_96_classifier") == 4
    succeed("report", folder)
    new, old = summary(folder)["by_protocol"]
    assert new["protocol"].startswith("96 images") and old["protocol"].startswith("64 images")
    assert [g["best"] for g in old["generators"]] == [g["best"] for g in before["generators"]]
    assert all(table["protocol"].endswith(", recipe 1") for table in (new, old))
    assert "sn-gan" not in succeed("retrain", folder, "sn-gan")
    assert succeed("evaluate", folder, "sn-gan").count("fid_64_classifier") == 2
    succeed("report", folder)
    first, second = summary(folder)["by_protocol"]
    assert (len(first["generators"]), len(second["generators"])) == (3, 2)
    assert first["protocol"].startswith("64 images") and first["protocol"].endswith(", recipe 1")
