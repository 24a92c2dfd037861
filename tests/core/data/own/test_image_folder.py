"""Folders of image files made here."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import load_dataset
from autogan_core.data.own.image_folder import open_folder
from autogan_core.errors import DataError
from autogan_core.runtime.monitor import Monitor

MODEL = ModelConfig(bottom_width=2, num_cells=2)  # 8x8


def save(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (8, 8)) -> None:
    """Writes an image of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def read(folder: Path, model: ModelConfig = MODEL) -> torch.Tensor:
    """All images of a folder."""
    return load_dataset(DataConfig(name="folder", path=folder), model, 0).images


@pytest.mark.parametrize(
    "suffix", [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".PNG", ".jfif", ".gif", ".tiff", ".ppm", ".tga", ".jp2"]
)
def test_formats(tmp_path: Path, suffix: str) -> None:
    """Every format is read, up to what JPEG and WebP lose."""
    save(tmp_path / f"a{suffix}", (200, 100, 50))
    expected = torch.tensor([200, 100, 50]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    assert (read(tmp_path).int() - expected).abs().max() <= 4


def test_images_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Order of names, not of creation; what is hidden or a text is left out."""
    for value, name in ((30, "c.png"), (10, "a.png"), (20, "b/x.png"), (99, ".hidden/y.png"), (99, "._a.png")):
        save(tmp_path / name, (value, value, value))
    (tmp_path / "notes.txt").write_text("no image")
    assert read(tmp_path)[:, 0, 0, 0].tolist() == [10, 20, 30]


def test_the_middle_square_is_kept(tmp_path: Path) -> None:
    """Of 16x8 pixels, the eight columns in the middle remain."""
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, 4:12] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    Image.fromarray(pixels.transpose(1, 0, 2)).save(tmp_path / "tall.png")
    assert torch.equal(read(tmp_path), torch.full((2, 3, 8, 8), 255, dtype=torch.uint8))


def test_larger_images_are_scaled_down(tmp_path: Path) -> None:
    """A checkerboard finer than the result becomes its mean: the filter antialiases."""
    board = np.indices((64, 64)).sum(0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "board.png")
    assert (read(tmp_path).float() - 127.5).abs().max() < 2


@pytest.mark.parametrize(("channels", "expected"), [(1, [[76]]), (3, [[255, 0, 0]])])
def test_channels_follow_the_model(tmp_path: Path, channels: int, expected: list[list[int]]) -> None:
    """Red is red in colour, and its luma in grey."""
    save(tmp_path / "red.png", (255, 0, 0))
    model = MODEL.model_copy(update={"image_channels": channels})
    assert read(tmp_path, model)[:, :, 0, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK"])
def test_other_colour_modes_are_converted(tmp_path: Path, mode: str) -> None:
    """White is white, whatever the file stores it as."""
    suffix = "jpg" if mode == "CMYK" else "png"
    Image.new("RGB", (8, 8), (255, 255, 255)).convert(mode).save(tmp_path / f"white.{suffix}")
    assert read(tmp_path).min() >= 254


def test_photographs_are_turned_upright(tmp_path: Path) -> None:
    """An image whose EXIF says "rotate by 180 degrees" is rotated."""
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    assert read(tmp_path)[0, 0, 7, 7] == 255


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat/1.png", "cat/2.png", "dog/1.png"], [0, 0, 1]),
        (["b/1.png", "a/1.png"], [0, 1]),
        (["cat/1.png", "dog/1.png", "stray.png"], None),
        (["cat/1.png", "dog/young/1.png"], None),
        (["all/1.png", "all/2.png"], None),
        (["1.png", "2.png"], None),
    ],
    ids=["classes", "sorted", "stray", "deeper", "one folder", "flat"],
)
def test_subfolders_are_classes(tmp_path: Path, names: list[str], labels: list[int] | None) -> None:
    """Labels exist when every image lies in one of several direct subfolders, and only then."""
    for name in names:
        save(tmp_path / name, (0, 0, 0))
    source = open_folder(DataConfig(name="folder", path=tmp_path), MODEL, Monitor())
    assert (None if source.train.labels is None else source.train.labels.tolist()) == labels
    assert source.num_classes == len(set(labels or ()))


@pytest.mark.parametrize("size", [(7, 20), (20, 7)])
def test_small_images_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    """An image with a side below the generator's is named with both sizes and the settings to lower."""
    save(tmp_path / "ok.png", (0, 0, 0))
    save(tmp_path / "small.png", (0, 0, 0), size)
    message = (
        rf"^1 of 2 .*small\.png has {size[0]}x{size[1]} pixels.*8x8.*model\.bottom_width, num_cells or repeated_cells"
    )
    with pytest.raises(DataError, match=message):
        read(tmp_path)


@pytest.mark.parametrize("keep", [0, 20, 100])
def test_unreadable_images_are_named(tmp_path: Path, keep: int) -> None:
    """An empty, beheaded or truncated file is an error that names it."""
    noise = torch.randint(0, 256, (8, 8, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    path = tmp_path / "broken.png"
    Image.fromarray(noise.numpy()).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=rf"^1 of 1 files in {tmp_path} cannot be read as images: broken.png \(.+\); "):
        read(tmp_path)


@pytest.mark.parametrize(
    ("below", "message"),
    [(None, "needs a folder of images"), ("", "there is no image "), ("absent", "there is no folder")],
)
def test_a_folder_with_images_is_required(tmp_path: Path, below: str | None, message: str) -> None:
    """No path, an empty folder and a missing one are errors that name the setting."""
    with pytest.raises(DataError, match=rf"{message}.*data\.path"):
        path = None if below is None else tmp_path / below
        open_folder(DataConfig(name="folder", path=path), MODEL, Monitor())


def test_only_the_chosen_images_are_decoded(tmp_path: Path) -> None:
    """A subset does not pay for, or fail on, the images that it leaves out."""
    for i in range(9):
        save(tmp_path / f"{i}.png", (i, i, i))
    kept = load_dataset(DataConfig(name="folder", path=tmp_path, max_images=2), MODEL, 0).images
    left_out = set(range(9)) - set(kept[:, 0, 0, 0].tolist())
    for i in left_out:
        (tmp_path / f"{i}.png").write_bytes(b"")
    again = load_dataset(DataConfig(name="folder", path=tmp_path, max_images=2), MODEL, 0).images
    assert len(left_out) == 7 and torch.equal(again, kept)


def test_a_folder_is_read_as_before_with_the_settings_of_older_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All images of the five formats are trained on, whatever their folders are called, with sub-folders as classes;
    what is left out is told."""
    for value, name in enumerate(["test/a.png", "train/b.png", "train/c.jpg"]):
        save(tmp_path / name, (value, value, value))
    save(tmp_path / "train" / "d.gif", (9, 9, 9))
    (tmp_path / "dataset.json").write_text('{"labels": null}')
    data = DataConfig(name="folder", path=tmp_path, layout="plain", background="stored")
    dataset = load_dataset(data, MODEL, 0)
    assert "left out 2 files that data.layout=plain does not read: dataset.json, train/d.gif" in caplog.text
    assert dataset.images[:, 0, 0, 0].tolist() == [0, 1, 2] and dataset.test_images is None
    assert dataset.require_labels().tolist() == [0, 1, 1]


def test_test_images_are_kept_apart(tmp_path: Path) -> None:
    """Images of a split to test on are none to train on; the labels of both mean the same classes."""
    for value, name in enumerate(["train/a/1.png", "train/b/1.png", "train/b/2.png", "test/b/1.png", "test/b/2.png"]):
        save(tmp_path / name, (value, value, value))
    dataset = load_dataset(DataConfig(name="folder", path=tmp_path), MODEL, 0)
    assert dataset.images[:, 0, 0, 0].tolist() == [0, 1, 2] and dataset.require_labels().tolist() == [0, 1, 1]
    assert dataset.test_images is not None and dataset.test_images[:, 0, 0, 0].tolist() == [3, 4]
    assert dataset.test_labels is not None and dataset.test_labels.tolist() == [1, 1] and dataset.num_classes == 2


def test_all_unusable_images_are_named_at_once(tmp_path: Path) -> None:
    """Those to train and to test on, unreadable and small, in one sentence, in which long lists are cut."""
    for k in range(12):
        save(tmp_path / "train" / f"{k:02}.png", (0, 0, 0))
        (tmp_path / "train" / f"bad{k:02}.png").write_bytes(b"no image at all")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "empty.gif").touch()
    save(tmp_path / "test" / "small.png", (0, 0, 0), (3, 3))
    with pytest.raises(DataError) as refused:
        read(tmp_path)
    text = str(refused.value)
    assert text.startswith(
        f"13 of 26 files in {tmp_path} cannot be read as images: train/bad00.png (no image that Pillow"
    )
    assert (
        "train/bad09.png (no image that Pillow knows) and 3 more; replace or remove them, or set data.unusable" in text
    )
    assert "leave-out; and 1 of 26 images" in text
    assert (
        "too small: test/small.png has 3x3 pixels, but the generator makes 8x8; set data.unusable=leave-out, or" in text
    )


def test_files_of_no_image_s_name_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They are named once, as a warning, and so are folders without an image; hidden files alone are no warning."""
    save(tmp_path / "a.png", (0, 0, 0))
    (tmp_path / ".DS_Store").touch()
    with caplog.at_level(logging.INFO):
        read(tmp_path)
    assert "left out 1 file whose names say that they are no images: .DS_Store" in caplog.text
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    caplog.clear()
    (tmp_path / "Thumbs.db").touch()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.TXT").touch()
    read(tmp_path)
    warnings = sorted(r.getMessage().removeprefix(f"{tmp_path}: ") for r in caplog.records if r.levelno > logging.INFO)
    [left_out, empty] = warnings
    assert left_out.startswith("left out 3 files whose names") and empty == "there is no image in notes"
    assert all(name in left_out for name in (".DS_Store", "Thumbs.db", "notes/a.TXT"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"", "set data.name=npz"),
        ("a.png", b"", "is a file, but no .zip, .tar or .parquet"),
        ("a.zip", b"PK", "is damaged or no archive"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A file in place of a folder is an error that says what to do."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read(tmp_path / name)
