"""``autogan run IMAGES``: one word on the command line, from a folder to a report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.core.cli.test_main import Outcome, autogan
from tests.core.tiny import OVERRIDES

TINY = [
    part
    for override in OVERRIDES
    if not override.startswith(("data.", "search.reward.score"))
    for part in ("--set", override)
]


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        yield


def pictures(folder: Path, count: int = 20, size: int = 8, kinds: tuple[str, ...] = ("dark", "light")) -> Path:
    """Noise around one brightness for each class."""
    rng = np.random.default_rng(0)
    for k, kind in enumerate(kinds):
        (folder / kind).mkdir(parents=True)
        for i in range(count):
            values = rng.integers(0, 60, (size, size, 3), dtype=np.uint8) + np.uint8(120 * k)
            Image.fromarray(values).save(folder / kind / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """The working directory in which a first run has come to its end, and what it printed."""
    here = tmp_path_factory.mktemp("first")
    pictures(here / "my-images")
    (here / "my-images" / "dark" / "broken.png").write_bytes(b"nothing")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        done = autogan("run", "my-images/", "--hours", "0.1", "--device", "cpu", *TINY)
    assert done.returncode == 0, done.stderr + done.stdout
    return here, done


def test_a_folder_becomes_a_report(finished: tuple[Path, Outcome]) -> None:
    """Findings, decisions with reasons, what is given, and time and memory before and after; all of it is stored, and
    in the report."""
    here, done = finished
    for words in (
        f"  40 images in {here / 'my-images'}\n",
        "1 of 41 files cannot be read: dark/broken.png (no image that Pillow knows)",
        "2 classes: dark 21, light 20",
        "scores.features=classifier: a classifier learns your 2 classes and judges by them; from 20 images a class",
        "training.augmentation=adaptive: 40 images are few",
        "search.iterations=3: given",
        "left out, as data.unusable says: dark/broken.png",
    ):
        assert words in done.stdout.replace("\n" + " " * 18, " ")
    assert re.search(r"^expected: [\d.]+ s and [\d,]+ MiB on CPU", done.stdout, re.MULTILINE)
    assert re.search(r"^announced: .*; it took .* \(time [+-]\d+ %, memory [+-]\d+ %\)$", done.stdout, re.MULTILINE)
    folder = here / "runs" / "my-images"
    decided = json.loads((folder / "summary.json").read_text())["decided"]
    assert decided["hours"] == 0.1 and decided["actual"]["seconds"] > 0 and decided["actual"]["mebibytes"] > 100
    made = {decision["setting"]: decision for decision in decided["decisions"]}
    config = json.loads((folder / "config.json").read_text())["content"]
    assert made["model.bottom_width"]["value"] == config["model"]["bottom_width"] == 2
    assert made["search.top_k"]["given"] and not made["model.bottom_width"]["given"]
    page = (folder / "report.html").read_text()
    assert "Decided for you" in page and "8x8 pixels: every image has at least 8" in page


def test_the_same_command_goes_on_as_planned(finished: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured or decided again; another time, or another image, does not change the run."""
    here, _ = finished
    monkeypatch.chdir(here)
    before = (here / "runs" / "my-images" / "config.json").read_bytes()
    again = autogan("run", "my-images", "--hours", "5", "--device", "cpu")
    assert again.returncode == 0, again.stderr
    assert "runs/my-images holds a run; it goes on as it was planned" in again.stdout
    assert "measuring" not in again.stdout and "it took" in again.stdout
    assert (here / "runs" / "my-images" / "config.json").read_bytes() == before
    same = autogan("run", "my-images/", "--hours", "0.1", "--device", "cpu", *TINY)
    assert same.returncode == 0, same.stderr
    changed = autogan("run", "my-images", "--device", "cpu", "--set", "search.top_k=3")
    assert changed.returncode == 1 and "search.top_k: 2 -> 3" in changed.stderr
    other = pictures(here / "other", count=21)
    refused = autogan("run", str(other), "--run-dir", "runs/my-images", "--device", "cpu")
    assert refused.returncode == 1 and "holds other images" in refused.stderr


def test_a_dry_run_tells_every_reason_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of images without classes and without InceptionV3's weights it says what a run has to fetch."""
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "mine", count=40, kinds=("all",))
    shown = autogan("run", "mine", "--dry-run", "--hours", "0.1", "--device", "cpu", *TINY)
    assert shown.returncode == 0, shown.stderr
    assert "no classes: the images are not sorted into sub-folders" in shown.stdout
    assert "a run downloads them" in shown.stdout and "scores.features=inception: there are no classes" in shown.stdout
    assert "training.n_critic=2: given" in shown.stdout and "expected: " in shown.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_images_that_nothing_can_judge_end_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No classes, and a wrong place for the weights: one sentence names both ways out."""
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "mine", count=40, kinds=("all",))
    given = ("--set", "scores.inception_weights=nowhere.pth")
    refused = autogan("run", "mine", "--device", "cpu", *given)
    assert refused.returncode == 1 and "What there is:" in refused.stdout
    assert "nothing can judge what a generator draws of these images" in refused.stderr
    assert "scores.inception_weights=PATH" in refused.stderr and "sub-folder for each class" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("digits",), "for the preset of that name: autogan run --preset digits"),
        (("few",), "few holds 12 usable images"),
        (("empty",), "there is no image in"),
        (("--hours", "2"), "--hours 2 is for images of your own; name them, as in: autogan run my-images/ --hours 2"),
        (("few", "--set", "search.topk=3"), "there is no setting 'search.topk'; did you mean 'search.top_k'?"),
    ],
)
def test_what_cannot_be_run_is_told_in_a_sentence(
    arguments: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is written."""
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "few", count=6)
    (tmp_path / "empty").mkdir()
    refused = autogan("run", *arguments, "--device", "cpu")
    assert refused.returncode == 1 and told in refused.stderr, refused.stderr + refused.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "few"]
