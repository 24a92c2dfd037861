"""Which files are images by their names."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from autogan_core.data.folders.file_kinds import is_image_file, is_plain_image_file


@pytest.mark.parametrize("name", ["a.png", "b/c.GIF", "d", "e.tif", "f.heic", "g.xyz", "h.parquet", "readme.png"])
def test_everything_else_is_an_image(name: str) -> None:
    """A file whose name says nothing else is read, so that it is an error if it is no image."""
    assert is_image_file(PurePosixPath(name))


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "a/._b.png", ".git/x.png", "__MACOSX/a.png", "THUMBS.DB", "@eaDir/a.jpg/b.jpg"]
    + ["a.txt", "a.JSON", "b.csv", "c.md", "LICENSE", "film.mov"],
)
def test_hidden_files_litter_and_texts_are_no_images(name: str) -> None:
    """Nobody means them to be trained on."""
    assert not is_image_file(PurePosixPath(name))


def test_plain_files_are_those_of_older_runs() -> None:
    """Five formats, and nothing hidden."""
    names = ["a.png", "b.JPG", "c.jpeg", "d.webp", "e.bmp", "f.gif", "g.tif", ".h.png", "i"]
    assert [name for name in names if is_plain_image_file(PurePosixPath(name))] == names[:5]
