"""Folders of image files made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import load_dataset
from autogan_core.data.image_folder import open_folder
from autogan_core.errors import DataError

MODEL = ModelConfig(bottom_width=2, num_cells=2)  # 8x8


def save(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (8, 8)) -> None:
    """Writes an image of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def read(folder: Path, model: ModelConfig = MODEL) -> torch.Tensor:
    """All images of a folder."""
    return load_dataset(DataConfig(name="folder", path=folder), model, 0).images


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".PNG"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    """Every format is read, up to what JPEG and WebP lose."""
    save(tmp_path / f"a{suffix}", (200, 100, 50))
    expected = torch.tensor([200, 100, 50]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    assert (read(tmp_path).int() - expected).abs().max() <= 4


def test_images_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Order of names, not of creation; what is hidden or no image is left out."""
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
    source = open_folder(tmp_path, MODEL)
    assert (None if source.train.labels is None else source.train.labels.tolist()) == labels
    assert source.num_classes == len(set(labels or ()))


@pytest.mark.parametrize("size", [(7, 20), (20, 7)])
def test_small_images_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    """An image with a side below the generator's is named with both sizes and the settings to lower."""
    save(tmp_path / "ok.png", (0, 0, 0))
    save(tmp_path / "small.png", (0, 0, 0), size)
    message = rf"small\.png has {size[0]}x{size[1]} pixels.*8x8.*model\.bottom_width or model\.num_cells"
    with pytest.raises(DataError, match=message):
        read(tmp_path)


@pytest.mark.parametrize("keep", [0, 20, 100])
def test_unreadable_images_are_named(tmp_path: Path, keep: int) -> None:
    """An empty, beheaded or truncated file is an error that names it."""
    noise = torch.randint(0, 256, (8, 8, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    path = tmp_path / "broken.png"
    Image.fromarray(noise.numpy()).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=rf"{path} cannot be read as an image .*; replace or remove it"):
        read(tmp_path)


def test_deep_images_are_refused(tmp_path: Path) -> None:
    """16 bits per channel would be cut to white, so they are an error."""
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(DataError, match=r"deep\.png has more than 8 bits per channel"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("below", "message"),
    [(None, "needs a folder of images"), ("", "there is no image .*png"), ("absent", "there is no folder")],
)
def test_a_folder_with_images_is_required(tmp_path: Path, below: str | None, message: str) -> None:
    """No path, an empty folder and a missing one are errors that name the setting."""
    with pytest.raises(DataError, match=rf"{message}.*data\.path"):
        open_folder(None if below is None else tmp_path / below, MODEL)


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
