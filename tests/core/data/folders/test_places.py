"""Folders as the operating system may hold them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import load_dataset
from autogan_core.data.folders.places import DiskFolder
from autogan_core.errors import DataError

MODEL = ModelConfig(bottom_width=2, num_cells=2)  # 8x8


def save(path: Path) -> None:
    """Writes an image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8)).save(path, "PNG")


def names(folder: Path, follow_links: bool = True) -> list[str]:
    """All files of a folder."""
    return sorted(map(str, DiskFolder(folder, follow_links).files))


def test_links_to_folders_are_followed(tmp_path: Path) -> None:
    """A class may be a link; where links are not followed it counts as a file, so that it is told."""
    save(tmp_path / "elsewhere" / "1.png")
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data" / "b").symlink_to(tmp_path / "elsewhere")
    assert names(tmp_path / "data") == ["b/1.png"] and names(tmp_path / "data", False) == ["b"]
    assert {*DiskFolder(tmp_path / "data", True).folders} == {PurePosixPath("a"), PurePosixPath("b")}


def test_loops_of_links_are_refused(tmp_path: Path) -> None:
    """A link to a folder above is an error that names it; a link to itself shows when it is read."""
    save(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    with pytest.raises(DataError, match=r"/a/up' is a link back to a folder that holds it; remove it"):
        names(tmp_path)
    (tmp_path / "a" / "up").unlink()
    (tmp_path / "a" / "self.png").symlink_to("self.png")
    with pytest.raises(
        DataError, match=r"^1 of 2 files in .* images: a/self\.png \(Too many levels of symbolic links\)"
    ):
        load_dataset(DataConfig(name="folder", path=tmp_path), MODEL, 0)


def test_unreadable_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One inside is an error that names it, not a class less."""
    save(tmp_path / "a" / "1.png")
    real = os.scandir

    def forbidden(path: Path) -> object:
        if path.name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(
        DataError, match=r"^the folder '.*/a' cannot be read \(Permission denied\); make it readable, or set"
    ):
        names(tmp_path)


def test_pipes_and_broken_links_are_named(tmp_path: Path) -> None:
    """Reading a pipe would wait for ever; a broken link is not left out."""
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "lost.png").symlink_to("gone")
    with pytest.raises(DataError) as refused:
        load_dataset(DataConfig(name="folder", path=tmp_path), MODEL, 0)
    assert "2 of 2 files" in str(refused.value) and "pipe.png (no regular file)" in str(refused.value)
    assert "lost.png (a link to gone, which is not there)" in str(refused.value)


@pytest.mark.parametrize("name", [b"a[b].png", b"\xff\xfe.png", b"a\nb.png", "ü.png".encode()])
def test_any_name_is_read(tmp_path: Path, name: bytes) -> None:
    """Brackets, line breaks and bytes that are no UTF-8 are names like others."""
    save(tmp_path / os.fsdecode(name))
    assert len(load_dataset(DataConfig(name="folder", path=tmp_path), MODEL, 0).images) == 1


@pytest.mark.parametrize("name", ["x" * 300, "file/below", "pipe"])
def test_paths_that_lead_nowhere_are_refused(tmp_path: Path, name: str) -> None:
    """A name that is too long, one below a file and a pipe are one sentence."""
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match=r"data\.path"):
        load_dataset(DataConfig(name="folder", path=tmp_path / name), MODEL, 0)
