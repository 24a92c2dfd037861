"""Looking at a person's images before anything is known of them."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data.base.files import expanded
from autogan_core.data.base.source import Pixels
from autogan_core.data.base.words import reason, shown
from autogan_core.data.own.decoding import UnreadableImageError, decode
from autogan_core.data.own.image_files import Files
from autogan_core.data.own.image_folder import find_images
from autogan_core.data.own.npz import open_npz
from autogan_core.data.own.unusable import Unusable
from autogan_core.errors import ConfigError
from autogan_core.first_run.findings import Findings
from autogan_core.presets import preset_names
from autogan_core.runtime.monitor import Monitor, SlowTask

MOST_DECODED = 5000
"""Images whose pixels are looked at, evenly spread; of the others only the size is read."""
ARRAYS = frozenset({".npz", ".npy"})
SWATCH = 32
"""Side to which an image is reduced before its colours are judged, in pixels: single coloured specks do not count."""
GREY_SPREAD = 8
"""Colours are grey if red, green and blue differ by no more than this, of 255: JPEG tints grey images a little."""


def images_at(path: Path) -> DataConfig:
    """The settings that name a person's images.

    Args:
        path: a folder, an archive, a parquet file or NumPy arrays.

    Returns:
        The loader and the absolute path.

    Raises:
        ConfigError: there is nothing at that path; the message names what may have been meant.
    """
    place = expanded(path)
    if not place.exists():
        if str(path) in preset_names():
            raise ConfigError(
                f"there is no folder '{shown(path)}' here; for the preset of that name: autogan run --preset {path}"
            )
        raise ConfigError(
            f"there is no '{shown(path)}'; name a folder of images, an archive of them (.zip, .tar, .parquet), or "
            ".npz arrays"
        )
    return DataConfig(name="npz" if place.suffix.lower() in ARRAYS else "folder", path=place.absolute())


def look(data: DataConfig, monitor: Monitor) -> Findings:
    """Looks at every image of a data set, and at the pixels of many.

    Args:
        data: names a person's own images.
        monitor: is told how far it is, if it takes seconds.

    Returns:
        What was found; nothing is changed or written.

    Raises:
        DataError: there are no images, or what is there contradicts itself.
    """
    if data.name == "npz":
        source = open_npz(data, ModelConfig(), monitor)
        seen = _look_at_arrays(source.train.pixels)
        labels, names, notes = source.train.labels, tuple[str, ...](), tuple[str, ...]()
        test, count = 0 if source.test is None else len(source.test.pixels), len(source.train.pixels)
    else:
        found = find_images(data, monitor)
        seen = _look_at_files(found.train, data, monitor)
        labels, names, notes = found.labels, found.classes, found.notes
        test, count = 0 if found.test is None else len(found.test), len(found.train)
    return Findings(
        place=shown(data.path or ""),
        count=count,
        sides=tuple(sorted(seen.sides)),
        square=seen.square,
        grey=seen.grey,
        transparent=seen.transparent,
        duplicates=seen.decoded - len(seen.digests),
        decoded=seen.decoded,
        unreadable=tuple(seen.unreadable),
        classes=_class_sizes(labels, names),
        unlabelled=0 if labels is None else int((labels < 0).sum()),
        test=test,
        notes=notes,
    )


@dataclass(slots=True)
class _Seen:
    """What has been seen so far."""

    sides: list[int]
    digests: set[bytes]
    unreadable: list[Unusable]
    square: int = 0
    transparent: int = 0
    decoded: int = 0
    grey: bool = True

    def add(self, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
        """Takes the pixels of an image, (H, W, 3)."""
        self.decoded += 1
        self.digests.add(hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).digest())
        if self.grey:
            swatch = np.asarray(Image.fromarray(pixels).resize((SWATCH, SWATCH), Image.Resampling.BOX)).astype(int)
            self.grey = int((swatch.max(2) - swatch.min(2)).max()) <= GREY_SPREAD


def _look_at_files(files: Files, data: DataConfig, monitor: Monitor) -> _Seen:
    seen, every = _Seen([], set(), []), -(-len(files) // MOST_DECODED)
    with warnings.catch_warnings(), SlowTask(monitor, "looking at the images", len(files)) as task:
        warnings.simplefilter("ignore")  # Pillow's, of what it reads all the same
        for index in range(len(files)):
            try:
                _look_at_file(seen, files, index, data, decoded=index % every == 0)
            except UnreadableImageError as error:
                seen.unreadable.append(Unusable(files.name(index), str(error)))
            except OSError as error:
                seen.unreadable.append(Unusable(files.name(index), reason(error)))
            task.advance()
    return seen


def _look_at_file(seen: _Seen, files: Files, index: int, data: DataConfig, *, decoded: bool) -> None:
    file, transparent = files.open(index), False
    # What is no image is told by `decode`, in its words.
    picture = decode(file, "RGB", 1, data.background_colour) if decoded else None
    if isinstance(file, BytesIO):
        file.seek(0)
    with Image.open(file) as header:
        size, transparent = header.size, header.has_transparency_data
    seen.sides.append(min(size))
    seen.square += size[0] == size[1]
    seen.transparent += transparent
    if picture is not None:
        seen.add(np.asarray(picture))


def _look_at_arrays(pixels: Pixels) -> _Seen:
    count, every = len(pixels), -(-len(pixels) // MOST_DECODED)
    seen = _Seen([], set(), [])
    for part in torch.split(torch.arange(0, count, every), 500):
        images = pixels[part].expand(-1, 3, -1, -1)
        for image in images.permute(0, 2, 3, 1).contiguous().numpy():
            seen.add(image)
    side = int(pixels[torch.tensor([0])].shape[-1])
    seen.sides, seen.square = [side] * count, count
    return seen


def _class_sizes(labels: Tensor | None, names: Sequence[str]) -> dict[str, int]:
    if labels is None:
        return {}
    sizes = labels[labels >= 0].bincount(minlength=len(names)).tolist()
    return {names[k] if names else f"class {k}": size for k, size in enumerate(sizes)}
