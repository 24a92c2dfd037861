"""A folder of image files; or an archive of them, or parquet files that hold them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data.base.files import expanded
from autogan_core.data.base.source import Source
from autogan_core.data.base.words import counted, listed, reason, shown
from autogan_core.data.folders.archives import TarPlace, ZipPlace, is_tar
from autogan_core.data.folders.file_kinds import is_hidden, is_image_file, is_litter, is_plain_image_file
from autogan_core.data.folders.layout import Layout, Part, plain_layout, usual_layout
from autogan_core.data.folders.places import DiskFolder, Place
from autogan_core.data.own.image_files import ImageFileSet, PlacedFiles
from autogan_core.data.own.parquet import SUFFIX, find_parquet, is_parquet
from autogan_core.errors import DataError
from autogan_core.runtime.monitor import Monitor

logger = logging.getLogger(__name__)


def open_folder(data: DataConfig, model: ModelConfig, monitor: Monitor) -> Source:
    """Opens the images of a folder and its sub-folders, or of an archive, sorted by their paths.

    What is left out is told once.

    Args:
        data: names the folder, the .zip or .tar archive, or the .parquet file; or a folder of .parquet files.
        model: gives the size and the channels.
        monitor: is told how far the reading of an archive is.

    Returns:
        Training images, read when they are indexed, with labels if there are any; test images if there is such a split.

    Raises:
        DataError: as `find_images`.
    """
    found = find_images(data, monitor)
    for note in found.notes:
        logger.warning("%s: %s", found.train.title, note)
    return found.source(data, model)


def find_images(data: DataConfig, monitor: Monitor) -> ImageFileSet:
    """Finds the images of a folder, an archive or parquet files; none of them is decoded.

    ``data.layout`` decides which files count, and what their names say: see `usual_layout` and `plain_layout`.

    Args:
        data: as for `open_folder`.
        monitor: likewise.

    Returns:
        The files to train on and to test on, with their labels.

    Raises:
        DataError: there is no such folder, it cannot be read, it holds no image, or its names contradict each other.
    """
    if data.path is None:
        raise DataError("the loader 'folder' needs a folder of images; name it with --set data.path=FOLDER")
    path, plain = expanded(data.path), data.layout == "plain"
    try:
        if not path.is_dir() and is_parquet(path):
            return find_parquet(path, [PurePosixPath(path.name)])
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
        return find_parquet(path, tables)
    left_out = sorted(name for name in place.files if not kept(name))
    if not names:
        rest = f", only {listed([*map(shown, left_out)])}" if left_out else ""
        raise DataError(
            f"there is no image in {shown(path)}{rest}; set data.path to a folder of images (.png, .jpg, ...)"
        )
    layout = plain_layout(names) if plain else usual_layout(place, names)
    why = "that data.layout=plain does not read" if plain else "whose names say that they are no images"
    notes = _notes(place, names, [name for name in left_out if name not in layout.label_files], why, layout)
    test = layout.test
    return ImageFileSet(
        train=PlacedFiles(place, layout.train.images),
        labels=_labels(layout.train),
        test=None if test is None else PlacedFiles(place, test.images),
        test_labels=None if test is None else _labels(test),
        num_classes=layout.num_classes,
        classes=tuple(map(shown, layout.classes)),
        notes=notes,
    )


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


def _labels(part: Part) -> Tensor | None:
    return None if part.labels is None else torch.tensor(part.labels, dtype=torch.int64)


def _notes(
    place: Place, names: Sequence[PurePosixPath], left_out: Sequence[PurePosixPath], why: str, layout: Layout
) -> tuple[str, ...]:
    """What may surprise in what was made of the names; the rest goes to the log."""
    title, notes = shown(place.path), []
    test = "" if layout.test is None else f", {len(layout.test.images):,} to test on"
    classes = f" in {layout.num_classes:,} classes" if layout.num_classes else ""
    logger.info("%s: %s to train on%s%s", title, counted(layout.train.images, "image"), classes, test)
    if left_out:
        told = f"left out {counted(left_out, 'file')} {why}: {listed([*map(shown, left_out)])}"
        if all(map(is_hidden, left_out)):
            logger.info("%s: %s", title, told)
        else:
            notes.append(told)
    holding = {folder for name in names for folder in name.parents}
    empty = {folder for folder in place.folders if folder not in holding and not is_litter(folder)}
    if topmost := [shown(folder) for folder in empty if folder.parent not in empty]:
        notes.append(f"there is no image in {listed(sorted(topmost))}")
    return (*notes, *layout.notes)
