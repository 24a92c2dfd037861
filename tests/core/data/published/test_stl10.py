"""STL-10's binary files, made small."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import load_dataset, loading
from autogan_core.data.published import stl10
from autogan_core.data.published.stl10 import MappedImages, open_stl10
from autogan_core.errors import DataError

MODEL = ModelConfig(bottom_width=6)
COUNTS = {"train": 3, "unlabeled": 4, "test": 2}


@pytest.fixture
def images() -> dict[str, torch.Tensor]:
    """Random images of each part, row-major (N, 3, 96, 96)."""
    rng = torch.Generator().manual_seed(0)
    return {part: torch.randint(0, 256, (n, 3, 96, 96), generator=rng, dtype=torch.uint8) for part, n in COUNTS.items()}


@pytest.fixture
def folder(tmp_path: Path, images: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of those images, in the archive's subfolder, whose checksums the loader takes for the right ones."""
    inner = tmp_path / "stl10_binary"
    inner.mkdir()
    for part, pixels in images.items():
        (inner / f"{part}_X.bin").write_bytes(pixels.transpose(2, 3).contiguous().numpy().tobytes())
    (inner / "train_y.bin").write_bytes(bytes((1, 10, 5)))
    (inner / "test_y.bin").write_bytes(bytes((2, 3)))
    sums = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in inner.iterdir()}
    monkeypatch.setattr(stl10, "MD5", sums)
    return tmp_path


def test_labelled_and_unlabelled_images_are_trained_on(folder: Path, images: dict[str, torch.Tensor]) -> None:
    """Planes are turned to rows, the unlabelled follow the labelled, and labels become 0..9 or -1."""
    source = open_stl10(folder, MODEL)
    assert torch.equal(source.train.pixels[torch.arange(7)], torch.cat([images["train"], images["unlabeled"]]))
    assert source.train.labels is not None and source.train.labels.tolist() == [0, 9, 4, -1, -1, -1, -1]
    assert source.test is not None and torch.equal(source.test.pixels[torch.arange(2)], images["test"])
    assert source.test.labels is not None and source.test.labels.tolist() == [1, 2]


@pytest.mark.parametrize("index", [[0], [2, 3], [6], [1, 4, 5]])
def test_any_images_can_be_read(folder: Path, images: dict[str, torch.Tensor], index: list[int]) -> None:
    """Indices on either side of the border between two files, and across it."""
    inner = folder / "stl10_binary"
    mapped = MappedImages(inner / "train_X.bin", inner / "unlabeled_X.bin")
    assert torch.equal(mapped[torch.tensor(index)], torch.cat([images["train"], images["unlabeled"]])[index])


def test_chunks_make_no_difference(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading two images at a time gives the same data set as reading all at once."""
    data = DataConfig(name="stl10", path=folder)
    at_once = load_dataset(data, MODEL, 0)
    monkeypatch.setattr(loading, "CHUNK", 2)
    assert load_dataset(data, MODEL, 0).fingerprint == at_once.fingerprint
    assert at_once.images.shape == (7, 3, 48, 48)


@pytest.mark.parametrize("name", sorted(stl10.MD5))
def test_a_wrong_checksum_is_refused(folder: Path, name: str) -> None:
    """One changed byte in any file is found, and the error names the file."""
    path = folder / "stl10_binary" / name
    content = path.read_bytes()
    path.write_bytes(bytes((content[0] ^ 1,)) + content[1:])
    with pytest.raises(DataError, match=f"{name} is damaged.*download it again"):
        open_stl10(folder, MODEL)


def test_a_missing_file_is_named(folder: Path) -> None:
    """The unlabelled part missing is an error that says where to get it."""
    (folder / "stl10_binary" / "unlabeled_X.bin").unlink()
    with pytest.raises(DataError, match=r"unlabeled_X\.bin is missing: get STL-10's binary files"):
        open_stl10(folder, MODEL)


@pytest.mark.parametrize("size", [0, 27_649])
def test_a_file_of_broken_images_is_refused(tmp_path: Path, size: int) -> None:
    """A file without a whole number of images, or empty, is an error with its size."""
    (tmp_path / "x.bin").write_bytes(bytes(size))
    with pytest.raises(DataError, match=f"x.bin has {size} bytes"):
        MappedImages(tmp_path / "x.bin")
