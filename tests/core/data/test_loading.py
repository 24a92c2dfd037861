"""What holds for every data set, whichever loader reads it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import count_images, load_dataset, loading
from autogan_core.errors import DataError
from tests.core.tiny import BeginningsMonitor

MODEL = ModelConfig(bottom_width=2, num_cells=2)  # 8x8
COUNT = 40


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """Forty constant grey images whose brightness is twice their label."""
    labels = np.arange(COUNT)
    images = np.broadcast_to((2 * labels).astype(np.uint8)[:, None, None], (COUNT, 8, 8))
    np.savez(tmp_path / "set.npz", images=images, labels=labels)
    return tmp_path / "set.npz"


def test_every_name_has_a_loader() -> None:
    """The registry and the setting's allowed values agree."""
    assert {*loading.LOADERS, *loading.OWN_LOADERS} == set(get_args(DataConfig.model_fields["name"].annotation))


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_images_and_labels_keep_the_file_s_order(numbered: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is shuffled, lost or repeated, in chunks of any size; grey is repeated to RGB."""
    monkeypatch.setattr(loading, "CHUNK", chunk)
    dataset = load_dataset(DataConfig(name="npz", path=numbered), MODEL, 0)
    assert dataset.labels is not None and dataset.labels.tolist() == list(range(COUNT))
    expected = (2 * dataset.labels).view(COUNT, 1, 1, 1).expand(COUNT, 3, 8, 8)
    assert dataset.images.dtype == torch.uint8 and torch.equal(dataset.images.long(), expected)
    assert dataset.test_images is None and dataset.test_labels is None and dataset.num_classes == COUNT


def test_slow_reading_is_told(numbered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The monitor hears of the images that have been read once that takes long, and of all of them in the end."""
    monkeypatch.setattr("autogan_core.runtime.monitor.PATIENCE_S", 0.0)
    listener = BeginningsMonitor()
    load_dataset(DataConfig(name="npz", path=numbered), MODEL, 0, listener)
    assert listener.begun == [(COUNT, 16)]


def test_a_subset_is_distinct_images_with_their_labels(numbered: Path) -> None:
    """Each image keeps its own label, none comes twice, and the file's order stays."""
    dataset = load_dataset(DataConfig(name="npz", path=numbered, max_images=15), MODEL, 3)
    assert dataset.labels is not None and len(dataset.labels) == 15 and bool((dataset.labels.diff() > 0).all())
    assert torch.equal(dataset.images[:, 0, 0, 0].long(), 2 * dataset.labels)


def test_the_seed_decides_the_subset(numbered: Path) -> None:
    """The same seed gives the same data, another seed other data; the fingerprint shows it."""
    data = DataConfig(name="npz", path=numbered, max_images=15)
    first, again, other = (load_dataset(data, MODEL, seed).fingerprint for seed in (1, 1, 2))
    assert first == again != other


def test_subsets_are_drawn_evenly(numbered: Path) -> None:
    """Over 200 seeds every image is kept about equally often: within 5 deviations of 200 * 10 / 40."""
    data = DataConfig(name="npz", path=numbered, max_images=10)
    kept = torch.zeros(COUNT)
    for seed in range(200):
        labels = load_dataset(data, MODEL, seed).labels
        assert labels is not None
        kept += labels.bincount(minlength=COUNT)
    assert (kept - 50).abs().max() < 5 * (200 * 0.25 * 0.75) ** 0.5


@pytest.mark.parametrize("max_images", [COUNT, COUNT + 1])
def test_asking_for_more_than_there_are_takes_all(numbered: Path, max_images: int) -> None:
    """The result is the whole data set, whatever the seed."""
    whole = load_dataset(DataConfig(name="npz", path=numbered), MODEL, 0)
    asked = load_dataset(DataConfig(name="npz", path=numbered, max_images=max_images), MODEL, 5)
    assert asked.fingerprint == whole.fingerprint


def test_errors_of_the_system_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there and cannot be read, such as on a disk that fails; and a home folder that is not there."""

    def failing(*_: object) -> None:
        raise OSError(5, "Input/output error", "data.bin")

    monkeypatch.setitem(loading.LOADERS, "digits", failing)
    with pytest.raises(
        DataError, match=r"the images of 'digits' cannot be read in data\.bin \(Input/output error\); mend"
    ):
        load_dataset(DataConfig(name="digits"), MODEL, 0)
    for name in ("folder", "npz", "cifar10"):
        with pytest.raises(DataError, match=r"there is no user of the name in '~nobody-here/x'; write data\.path out"):
            load_dataset(DataConfig(name=name, path=Path("~nobody-here/x")), MODEL, 0)


def test_digits_end_to_end() -> None:
    """The set that needs no files: 1,797 images at 16x16, 8x8 for a search stage, at least 174 of each class."""
    model = ModelConfig(bottom_width=2, image_channels=1)
    dataset = load_dataset(DataConfig(name="digits"), model, 0)
    assert dataset.images.shape == (1797, 1, 16, 16) and dataset.name == "digits" and dataset.num_classes == 10
    assert dataset.at_size(8).shape == (1797, 1, 8, 8)
    assert dataset.require_labels().bincount().min() == 174


@pytest.mark.parametrize("max_images", [None, 7, 1000])
def test_images_are_counted_as_they_are_loaded(numbered: Path, max_images: int | None) -> None:
    """Without reading them; a published set's number is known without its files."""
    data = DataConfig(name="npz", path=numbered, max_images=max_images)
    assert count_images(data, MODEL) == len(load_dataset(data, MODEL, 0).images)
    assert count_images(DataConfig(name="cifar10", max_images=max_images), MODEL) == (max_images or 50_000)


def test_unusable_images_are_left_out_with_their_labels(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With ``data.unusable=leave-out`` a broken file and a small one go, alone and with their labels, and are named in
    one warning; all others keep theirs. By default they stop the reading."""
    for folder, shades in (("a", (10, 20, 30)), ("b", (40, 50))):
        (tmp_path / folder).mkdir()
        for shade in shades:
            Image.new("L", (8, 8), shade).save(tmp_path / folder / f"{shade}.png")
    (tmp_path / "a" / "15.png").write_bytes(b"no image")
    Image.new("L", (7, 9), 99).save(tmp_path / "b" / "45.png")
    data = DataConfig(name="folder", path=tmp_path, unusable="leave-out")
    dataset = load_dataset(data, MODEL, 0)
    assert dataset.labels is not None and dataset.labels.tolist() == [0, 0, 0, 1, 1]
    assert dataset.images[:, 0, 0, 0].tolist() == [10, 20, 30, 40, 50]
    assert "a/15.png (no image that Pillow knows), b/45.png (7x9 pixels)" in caplog.text
    with pytest.raises(DataError, match="a/15.png.*set data.unusable=leave-out.*b/45.png has 7x9 pixels"):
        load_dataset(DataConfig(name="folder", path=tmp_path), MODEL, 0)


def test_a_data_set_of_unusable_images_alone_is_refused(tmp_path: Path) -> None:
    """Leaving all out would leave nothing to train on."""
    Image.new("L", (7, 9)).save(tmp_path / "small.png")
    with pytest.raises(DataError, match="1 of 1 images in .* are too small"):
        load_dataset(DataConfig(name="folder", path=tmp_path, unusable="leave-out"), MODEL, 0)
