"""A run that cannot come to its end does not begin."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_core.runs.opening import open_run
from autogan_core.runs.planning.disk_space import least_bytes
from autogan_core.runs.planning.preflight import check_before
from tests.core.tiny import tiny_config

Usage = namedtuple("Usage", "total used free")


def test_what_can_end_may_begin(tmp_path: Path) -> None:
    """The folders are made, and nothing else."""
    check_before(tiny_config(), tmp_path / "runs" / "a", tmp_path / "cache")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "cache", "runs"]


@pytest.mark.parametrize("name", ["report.html", "summary.json", "history.jsonl"])
def test_a_folder_where_a_file_is_written_is_found_first(tmp_path: Path, name: str) -> None:
    """The report would be the last thing that a run of days does."""
    (tmp_path / name).mkdir()
    with pytest.raises(ConfigError, match=f"{name}' is a folder, where the run writes a file; move it away"):
        open_run(tmp_path, tiny_config(), device="cpu")


@pytest.mark.parametrize("name", ["shared", "retrain", "tensorboard"])
def test_a_file_where_a_folder_is_kept_is_found_first(tmp_path: Path, name: str) -> None:
    """Likewise."""
    (tmp_path / name).touch()
    with pytest.raises(ConfigError, match=f"{name}' is a file, where the run keeps a folder"):
        open_run(tmp_path, tiny_config(), device="cpu")
    assert not (tmp_path / "config.json").exists()


def test_a_cache_that_is_a_file_is_found_first(tmp_path: Path) -> None:
    """Before the classifier is trained that would be kept there."""
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        check_before(tiny_config(), tmp_path / "run", tmp_path / "file" / "cache")


def test_too_little_space_is_told_with_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run holds already counts, as it is not written again."""
    config, needed = tiny_config(), least_bytes(tiny_config())
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, needed - 1000))
    with pytest.raises(ConfigError, match=r"at least 0.5 MB into '.*', which holds 0.0 MB, and the disk has 0.5 MB"):
        check_before(config, tmp_path / "run", tmp_path / "cache")
    (tmp_path / "run" / "report.html").write_bytes(b" " * 2000)
    check_before(config, tmp_path / "run", tmp_path / "cache")


def test_the_cache_has_a_disk_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """InceptionV3's statistics take 34 MB there, once for each data set."""
    config, cache = load_config("cifar10"), tmp_path / "cache"
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, 10**6 if path == cache else 10**12))
    with pytest.raises(ConfigError, match=r"take 33.6 MB in '.*cache', and the disk has 1.0 MB left; .* AUTOGAN_CACHE"):
        check_before(config, tmp_path / "run", cache)
    (cache / "moments-cifar10-inception-0.npz").touch()
    check_before(config, tmp_path / "run", cache)


def test_the_estimate_follows_the_settings() -> None:
    """The paper's run takes two thirds of a gigabyte, most of it for its generators; a wider one takes more."""
    paper = least_bytes(load_config("cifar10"))
    assert 0.5e9 < paper < 0.9e9
    assert least_bytes(load_config("cifar10", ["retrain.generator_channels=512"])) > 2 * paper
    assert least_bytes(load_config("cifar10", ["retrain.num_architectures=1"])) < 0.7 * paper
