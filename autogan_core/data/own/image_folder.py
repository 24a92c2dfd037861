"""A folder of image files; or an archive of them, or parquet files that hold them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import torch

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data.base.files import expanded
from autogan_core.data.base.source import Source, Split
from autogan_core.data.base.words import counted, listed, reason, shown
from autogan_core.data.folders.archives import TarPlace, ZipPlace, is_tar
from autogan_core.data.folders.file_kinds import is_hidden, is_image_file, is_litter, is_plain_image_file
from autogan_core.data.folders.layout import Layout, Part, plain_layout, usual_layout
from autogan_core.data.folders.places import DiskFolder, Place
from autogan_core.data.own.image_files import ImageFiles, PlacedFiles
from autogan_core.data.own.parquet import SUFFIX, is_parquet, open_parquet
from autogan_core.errors import DataError
from autogan_core.runtime.monitor import Monitor

logger = logging.getLogger(__name__)


def open_folder(data: DataConfig, model: ModelConfig, monitor: Monitor) -> Source:
    """Opens the images of a folder and its sub-folders, or of an archive, sorted by their paths.

    ``data.layout`` decides which files count, and what their names say: see `usual_layout` and `plain_layout`. What is
    left out is told once.

    Args:
        data: names the folder, the .zip or .tar archive, or the .parquet file; or a folder of .parquet files.
        model: gives the size and the channels.
        monitor: is told how far the reading of an archive is.

    Returns:
        Training images, read when they are indexed, with labels if there are any; test images if there is such a split.

    Raises:
        DataError: there is no such folder, it cannot be read, it holds no image, or its names contradict each other.
    """
    if data.path is None:
        raise DataError("the loader 'folder' needs a folder of images; name it with --set data.path=FOLDER")
    path, plain = expanded(data.path), data.layout == "plain"
    try:
        if not path.is_dir() and is_parquet(path):
            return open_parquet(path, [PurePosixPath(path.name)], data, model)
        place = _open_place(path, monitor, follow_links=not plain)
    except OSError as error:
        raise DataError(
            f"{shown(path)} cannot be read ({reason(error)}); set data.path to a folder of images"
        ) from error
    kept = is_plain_image_file if plain else is_image_file
    names = sorted(name for name in place.files if kept(name))
    if tables := [name for name in names if name.suffix.lower() == SUFFIX]:
        if len(tables) < len(names):
            others = listed([shown(name) for name in names if name.suffix.lower() != SUFFIX])
            raise DataError(f"{shown(path)} holds .parquet files and others ({others}); name one kind by data.path")
        return open_parquet(path, tables, data, model)
    left_out = sorted(name for name in place.files if not kept(name))
    if not names:
        rest = f", only {listed([*map(shown, left_out)])}" if left_out else ""
        raise DataError(
            f"there is no image in {shown(path)}{rest}; set data.path to a folder of images (.png, .jpg, ...)"
        )
    layout = plain_layout(names) if plain else usual_layout(place, names)
    why = "that data.layout=plain does not read" if plain else "whose names say that they are no images"
    _tell(place, names, [name for name in left_out if name not in layout.label_files], why, layout)
    test = None if layout.test is None else _split(place, layout.test, data, model)
    return Source(_split(place, layout.train, data, model), test, layout.num_classes, layout.classes)


def _open_place(path: Path, monitor: Monitor, follow_links: bool) -> Place:
    if path.is_dir():
        return DiskFolder(path, follow_links)
    if not path.is_file():
        raise DataError(f"there is no folder {shown(path)}; name one with --set data.path=FOLDER")
    if path.suffix.lower() in (".npz", ".npy"):
        raise DataError(f"{shown(path)} is no folder of images; set data.name=npz for it")
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PK\3\4" or path.suffix.lower() == ".zip":
        return ZipPlace(path)
    if is_tar(path):
        return TarPlace(path, monitor)
    raise DataError(
        f"{shown(path)} is a file, but no .zip, .tar or .parquet; set data.path to a folder of images, or one of these"
    )


def _split(place: Place, part: Part, data: DataConfig, model: ModelConfig) -> Split:
    labels = None if part.labels is None else torch.tensor(part.labels, dtype=torch.int64)
    return Split(ImageFiles(PlacedFiles(place, part.images), data, model), labels)


def _tell(
    place: Place, names: Sequence[PurePosixPath], left_out: Sequence[PurePosixPath], why: str, layout: Layout
) -> None:
    """Says what was made of the names: what may surprise as a warning."""
    title = shown(place.path)
    test = "" if layout.test is None else f", {len(layout.test.images):,} to test on"
    classes = f" in {layout.num_classes:,} classes" if layout.num_classes else ""
    logger.info("%s: %s to train on%s%s", title, counted(layout.train.images, "image"), classes, test)
    if left_out:
        level = logging.INFO if all(map(is_hidden, left_out)) else logging.WARNING
        number, named = counted(left_out, "file"), listed([*map(shown, left_out)])
        logger.log(level, "%s: left out %s %s: %s", title, number, why, named)
    holding = {folder for name in names for folder in name.parents}
    empty = {folder for folder in place.folders if folder not in holding and not is_litter(folder)}
    if topmost := [shown(folder) for folder in empty if folder.parent not in empty]:
        logger.warning("%s: there is no image in %s", title, listed(sorted(topmost)))
    for note in layout.notes:
        logger.warning("%s: %s", title, note)
