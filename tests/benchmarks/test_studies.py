"""The studies of few images and of labels, at their smallest: what they train, keep and print."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from autogan_core.config import DataConfig
from autogan_core.data import load_dataset
from autogan_core.search_space import Architecture
from benchmarks import few_images, held_out, labels
from benchmarks.labels import Scored, conditional, rows
from tests.core.tiny import OVERRIDES, tiny_config


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options of a study on digits with some of them to test on."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(tmp_path / "cache"))
    dataset = load_dataset(DataConfig(name="digits", max_images=200), tiny_config().model, 0)
    path = tmp_path / "digits.npz"
    images, classes = dataset.images.permute(0, 2, 3, 1).numpy(), dataset.require_labels().numpy()
    np.savez(path, x_train=images, y_train=classes, x_test=images, y_test=classes)
    settings = (
        *OVERRIDES,
        "data.name=npz",
        f"data.path={path}",
        "model.image_channels=1",
        "scores.features=classifier",
    )
    return ["--preset", "digits", "--samples", "60", *(part for setting in settings for part in ("--set", setting))]


@pytest.mark.slow
def test_few_images(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two shares train everything once; the last call only prints, with an interval over two seeds."""
    more = ["--counts", "150", "--seeds", "2", "--arms", "none", "adaptive", "--out", str(tmp_path / "study")]
    for share in ("1/2", "2/2", "1/1"):
        monkeypatch.setattr(sys, "argv", ["few_images", *options, *more, "--share", share])
        few_images.main()
    names = sorted(path.name for path in (tmp_path / "study").glob("*.json"))
    assert names == ["150-adaptive-0.json", "150-adaptive-1.json", "150-none-0.json", "150-none-1.json"]
    found = json.loads((tmp_path / "study" / names[0]).read_text())
    assert found.keys() == {"best", "last"} and found["last"].keys() == {"kid", "fid", "precision", "recall"}
    printed = capsys.readouterr().out
    assert printed.count("adaptive-") == 2 and "last checkpoint" in printed


@pytest.mark.slow
def test_labels(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A generator without labels and one with them, which draws each class as often."""
    monkeypatch.setattr(labels, "moments", lambda features: held_out.moments(features.repeat(2, 1)))  # a class of one
    monkeypatch.setattr(sys, "argv", ["labels", *options, "--seeds", "1", "--out", str(tmp_path / "study")])
    labels.main()
    found = Scored(**json.loads((tmp_path / "study/conditional-0.json").read_text()))
    assert found.accuracy is not None and len(found.accuracy) == len(found.class_fid) == 10
    assert "with labels" in capsys.readouterr().out


def test_batch_norm_becomes_class_conditional() -> None:
    """Other normalisations stay, and nothing else changes."""
    assert str(conditional(Architecture.parse("1111-10011-12110"))) == "1311-10011-12110"


def test_lines_of_the_table() -> None:
    """Differences are with labels less without; accuracies are means in per cent."""
    without = [Scored(4.0, [1.0, 3.0], None), Scored(6.0, [1.0, 5.0], None)]
    with_labels = [Scored(3.0, [0.5, 2.0], [0.8, 0.6]), Scored(5.0, [0.5, 4.0], [0.9, 0.6])]
    whole, cat, dog = rows(list(zip(without, with_labels, strict=True)), ("cat", "dog"))
    assert whole[0] == "all" and whole[1].startswith("5.00 [") and whole[3] == "-1.00 [-1.00, -1.00]"
    assert cat[0] == "cat" and cat[3].startswith("-0.50") and cat[4].startswith("85 [")
    assert dog[4].startswith("60 [")


def test_settings_name_the_arm() -> None:
    """An arm is a value of training.augmentation, a count one of data.max_images."""
    arguments = held_out.study_parser(None).parse_args(["--preset", "digits", "--out", "x"])
    config = few_images.settings(arguments, 500, "diffaugment", 3)
    assert (config.data.max_images, config.training.augmentation, config.seed) == (500, "diffaugment", 3)
    assert few_images.settings(arguments, None, "none", 0).data.max_images is None
    assert tiny_config().training.augmentation == "none"
