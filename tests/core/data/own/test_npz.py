"""NumPy archives made here."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import load_dataset
from autogan_core.data.base.source import Source
from autogan_core.data.own.npz import open_npz
from autogan_core.errors import DataError
from autogan_core.runtime.monitor import Monitor

MODEL = ModelConfig(bottom_width=2, num_cells=2)  # 8x8
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8), np.uint8)


def open_file(path: Path | None, background: str = "white") -> Source:
    """Opens a file."""
    return open_npz(DataConfig(name="npz", path=path, background=background), MODEL, Monitor())


def save(folder: Path, **arrays: Any) -> Path:
    """Writes an archive."""
    path = folder / "set.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (PIXELS, PIXELS),
        (PIXELS.transpose(0, 2, 3, 1), PIXELS),
        (PIXELS[:, 0], PIXELS[:, :1]),
        (PIXELS[:, :1], PIXELS[:, :1]),
        (PIXELS[:, :1].transpose(0, 2, 3, 1), PIXELS[:, :1]),
    ],
    ids=["NCHW", "NHWC", "NHW", "N1HW", "NHW1"],
)
def test_layouts(tmp_path: Path, stored: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> None:
    """Every layout is told by its shape."""
    source = open_file(save(tmp_path, images=stored))
    assert torch.equal(source.train.pixels[torch.arange(4)], torch.from_numpy(expected))
    assert source.train.labels is None and source.num_classes == 0 and source.test is None


@pytest.mark.parametrize(("labels", "num_classes"), [([0, 2, 1, 0], 3), ([-1, 1, -1, 0], 2)])
def test_labels(tmp_path: Path, labels: list[int], num_classes: int) -> None:
    """Classes are counted from the labels, and -1 is none of them."""
    source = open_file(save(tmp_path, images=PIXELS, labels=np.array(labels, np.int8)))
    assert source.train.labels is not None and source.train.labels.dtype == torch.int64
    assert source.train.labels.tolist() == labels and source.num_classes == num_classes


def test_labels_that_are_all_unknown_are_none(tmp_path: Path) -> None:
    """An archive whose labels say nothing has no labels."""
    source = open_file(save(tmp_path, images=PIXELS, labels=np.full(4, -1)))
    assert source.train.labels is None and source.num_classes == 0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"images": PIXELS + np.float32(0.5)},
            r"are float32 \(4, 3, 8, 8\) from 0.5 to 255.5; they must be .* or of fractions",
        ),
        ({"images": PIXELS[:, :2]}, r"\(4, 2, 8, 8\); they must be"),
        ({"images": PIXELS[:, :, :4]}, r"\(4, 3, 4, 8\); they must be .* square"),
        ({"images": PIXELS[0, 0]}, r"\(8, 8\); they must be"),
        ({"images": PIXELS[:0]}, r"\(0, 3, 8, 8\); they must be"),
        ({"images": PIXELS.astype(object)}, r"'images' of .* is object \(4, 3, 8, 8\), a pickle, .* numpy\.stack"),
        ({"images": PIXELS, "labels": np.zeros(3, np.int64)}, r"labels .* int64 \(3,\); they must be integers \(4,\)"),
        ({"images": PIXELS, "labels": np.zeros(4)}, r"labels .* float64 \(4,\); they must be integers"),
        ({"images": PIXELS, "labels": np.array([0, 1, -2, 0])}, r"has the label -2; number the classes from 0"),
        (
            {"pictures": PIXELS, "classes": np.zeros(4, np.int64)},
            r"no array 'images', only \(pictures: uint8 \(4, 3, 8, 8\), classes: int64 \(4,\)\); rename",
        ),
    ],
    ids=["float", "channels", "oblong", "one", "empty", "objects", "short", "float labels", "negative", "name"],
)
def test_unfit_arrays_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    """The error says what was found and what must be there; pickled objects are never loaded."""
    with pytest.raises(DataError, match=message):
        open_file(save(tmp_path, **arrays))


@pytest.mark.parametrize("keep", [0, 100, -10], ids=["empty", "beheaded", "cut"])
def test_broken_archives_are_refused(tmp_path: Path, keep: int) -> None:
    """A truncated file is an error that names it."""
    path = save(tmp_path, images=PIXELS)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=rf"{path} is not a readable \.npz file"):
        open_file(path)


def test_flipped_bits_are_noticed(tmp_path: Path) -> None:
    """The archive's own checksum catches damage in the pixels."""
    path = save(tmp_path, images=PIXELS)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not a readable \.npz file"):
        open_file(path)


@pytest.mark.parametrize("start", [100, 600], ids=["header", "pixels"])
def test_damaged_compression_is_noticed(tmp_path: Path, start: int) -> None:
    """A compressed archive that unpacks to nonsense, or not at all, is the same error."""
    path = tmp_path / "set.npz"
    np.savez_compressed(path, images=np.tile(PIXELS, (8, 1, 1, 1)))
    content = bytearray(path.read_bytes())
    content[start : start + 100] = b"\xff" * 100
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not a readable \.npz file"):
        open_file(path)


def test_a_bare_array_holds_images(tmp_path: Path) -> None:
    """A .npy file is read as the images alone."""
    np.save(tmp_path / "set.npy", PIXELS)
    source = open_file(tmp_path / "set.npy")
    assert torch.equal(source.train.pixels[torch.arange(4)], torch.from_numpy(PIXELS)) and source.train.labels is None


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("images", "Y", "X_test", "y_test"),
    ],
    ids=["keras", "medmnist", "mixed"],
)
def test_usual_names(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Images and labels of both splits are found, in any case of letters, with labels in a column or not."""
    arrays = (PIXELS, np.array([[0], [1], [1], [0]]), PIXELS[:2], np.array([1, 0], np.uint8))
    source = open_file(save(tmp_path, **dict(zip(names, arrays, strict=True))))
    assert source.train.labels is not None and source.train.labels.tolist() == [0, 1, 1, 0]
    assert source.test is not None and len(source.test.pixels) == 2
    assert source.test.labels is not None and source.test.labels.tolist() == [1, 0] and source.num_classes == 2


def test_unused_arrays_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is neither images nor labels by its name is told, and two that may be meant are refused."""
    open_file(save(tmp_path, images=PIXELS, ids=np.arange(4)))
    assert "arrays that are not used: ids" in caplog.text
    with pytest.raises(DataError, match=r"holds labels, y, which may all be meant"):
        open_file(save(tmp_path, images=PIXELS, labels=np.zeros(4, int), y=np.zeros(4, int)))


def test_test_images_of_other_classes_are_refused(tmp_path: Path) -> None:
    """A class that nothing is trained on is an error."""
    arrays = {"x_train": PIXELS, "y_train": np.arange(4), "x_test": PIXELS, "y_test": np.arange(4) + 1}
    with pytest.raises(DataError, match="test images of class 4, but images to train on only of classes up to 3"):
        open_file(save(tmp_path, **arrays))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"\x89HDF\r\n\x1a\n", "is HDF5, which is not read; write its arrays anew"),
        (b"PAR1", "parquet; set data.name=fol"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, start: bytes, message: str) -> None:
    """A file that only is called .npz is told by its first bytes."""
    (tmp_path / "set.npz").write_bytes(start + b"0" * 100)
    with pytest.raises(DataError, match=message):
        open_file(tmp_path / "set.npz")


def test_an_archive_of_image_files_is_another_loader_s(tmp_path: Path) -> None:
    """A zip archive without arrays is refused with the loader that reads it."""
    with zipfile.ZipFile(tmp_path / "set.npz", "w") as archive:
        archive.writestr("a.png", b"")
    with pytest.raises(DataError, match=r"holds no arrays, only a\.png; set data\.name=folder"):
        open_file(tmp_path / "set.npz")


@pytest.mark.parametrize("given", [False, True])
def test_a_file_is_required(tmp_path: Path, given: bool) -> None:
    """No path and a missing file are errors that name the setting."""
    with pytest.raises(DataError, match=r"--set data\.path=FILE"):
        open_file(tmp_path / "absent.npz" if given else None)


def test_small_images_are_refused(tmp_path: Path) -> None:
    """The error gives both sizes and the settings to lower."""
    data = DataConfig(name="npz", path=save(tmp_path, images=PIXELS))
    with pytest.raises(DataError, match=r"8x8 pixels.*16x16: lower model\.bottom_width, num_cells or repeated_cells"):
        load_dataset(data, ModelConfig(bottom_width=4, num_cells=2), 0)
