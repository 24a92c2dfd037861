"""What is found in a folder, an archive or an array of images."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autogan_core.errors import ConfigError, DataError
from autogan_core.first_run import looking
from autogan_core.first_run.findings import Findings
from autogan_core.first_run.looking import images_at, look
from autogan_core.runtime.monitor import Monitor


def seen(path: Path) -> Findings:
    return look(images_at(path), Monitor())


def picture(path: Path, size: tuple[int, int] = (20, 20), colour: tuple[int, ...] = (200, 10, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, of which one has a wide image, a transparent one, a repeated one and a broken file; and a text."""
    root = tmp_path / "photos"
    picture(root / "cat" / "1.png")
    picture(root / "cat" / "2.png", (30, 20), (0, 0, 90))
    picture(root / "cat" / "3.png", colour=(0, 9, 0, 0))
    shutil.copy(root / "cat" / "1.png", root / "cat" / "4.png")
    (root / "cat" / "5.jpg").write_bytes(b"")
    picture(root / "dog" / "1.png", (50, 60))
    (root / "notes.txt").write_text("mine")
    return root


def test_everything_in_a_folder_is_found(folder: Path) -> None:
    """Numbers, sizes, shapes, classes, odd files, repetitions and transparency, each in a sentence."""
    found = seen(folder)
    assert (found.count, found.readable, found.sides, found.square) == (6, 5, (20, 20, 20, 20, 50), 3)
    assert dict(found.classes) == {"cat": 5, "dog": 1} and not found.grey
    assert (found.transparent, found.duplicates) == (1, 1)
    assert [(image.name, image.reason) for image in found.unreadable] == [("cat/5.jpg", "empty")]
    told = "\n".join(found.sentences())
    for words in (
        f"5 images in {folder}",
        "20 to 50 pixels on the shorter side, 20 in the middle; 60 % square",
        "2 classes: cat 5, dog 1",
        "the classes are uneven: cat has 5 images and dog 1",
        "1 of 6 files cannot be read: cat/5.jpg (empty)",
        "left out 1 file whose names say that they are no images: notes.txt",
    ):
        assert words in told


def test_an_archive_is_like_its_folder(folder: Path, tmp_path: Path) -> None:
    """Nothing is unpacked, and nothing is lost."""
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))
    found, same = seen(archive), seen(folder)
    assert (found.sides, found.classes, found.duplicates) == (same.sides, same.classes, same.duplicates)
    assert images_at(archive).name == "folder"


def test_grey_is_judged_by_pixels(tmp_path: Path) -> None:
    """Grey images that are stored in colour are grey, a JPEG's tint does no harm; a coloured one among them counts."""
    values = np.linspace(0, 255, 400).reshape(20, 20).astype(np.uint8)
    for name in ("a.png", "b.jpg"):
        Image.fromarray(values).convert("RGB").save(tmp_path / name)
    assert seen(tmp_path).grey
    picture(tmp_path / "c.png", colour=(120, 100, 100))
    assert not seen(tmp_path).grey


@pytest.mark.parametrize("labels", [np.array([0, 0, 1, -1]), None])
def test_arrays_are_looked_at(tmp_path: Path, labels: np.ndarray[tuple[int], np.dtype[np.int64]] | None) -> None:
    """Sizes, grey pixels, classes by number, and images without a label."""
    images = np.arange(4 * 12 * 12, dtype=np.uint8).reshape(4, 12, 12)
    if labels is None:
        np.savez(tmp_path / "set.npz", images=images)
    else:
        np.savez(tmp_path / "set.npz", images=images, labels=labels)
    found = seen(tmp_path / "set.npz")
    assert (found.sides, found.square, found.grey, found.decoded) == ((12,) * 4, 4, True, 4)
    assert dict(found.classes) == ({} if labels is None else {"class 0": 2, "class 1": 1})
    assert found.unlabelled == (0 if labels is None else 1)


def test_of_many_images_some_are_decoded_and_all_are_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings say how many were decoded."""
    monkeypatch.setattr(looking, "MOST_DECODED", 3)
    found = seen(folder)
    assert found.readable == 5 and found.decoded < found.readable
    assert "the others were only measured" in "\n".join(found.sentences())


def test_what_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preset's name leads to --preset; anything else to what can be named. An empty folder holds no image."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="for the preset of that name: autogan run --preset digits"):
        images_at(Path("digits"))
    with pytest.raises(ConfigError, match="there is no 'my-imagse'; name a folder of images"):
        images_at(Path("my-imagse"))
    with pytest.raises(DataError, match="there is no image in"):
        seen(tmp_path)
