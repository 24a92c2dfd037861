"""A folder of image files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from autogan_core.config import ModelConfig
from autogan_core.data.pixels import resize
from autogan_core.data.source import Source, Split
from autogan_core.errors import DataError

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
DEEP_MODES = ("I", "F")
"""What Pillow calls images of more than 8 bits per channel starts with one of these."""


class ImageFiles:
    """Image files, decoded where they are asked for: turned upright, cropped to the centre square and resized."""

    def __init__(self, paths: Sequence[Path], model: ModelConfig) -> None:
        self._paths = paths
        self._size = model.image_size
        self._mode = "L" if model.image_channels == 1 else "RGB"

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Tensor, /) -> Tensor:
        """Reads the images at the indices (n,).

        Returns:
            uint8 (n, C, S, S).

        Raises:
            DataError: a file cannot be read, or its shorter side is below S.
        """
        return torch.cat([self._read(self._paths[i]) for i in index.tolist()])

    def _read(self, path: Path) -> Tensor:
        image = _decode(path, self._mode)
        side = min(image.size)
        if side < self._size:
            raise DataError(
                f"{path} has {image.width}x{image.height} pixels, but the generator makes {self._size}x{self._size}: "
                "leave it out, or lower model.bottom_width or model.num_cells"
            )
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = np.array(image.crop((left, top, left + side, top + side)))
        return resize(torch.from_numpy(square).view(side, side, -1).permute(2, 0, 1).unsqueeze(0), self._size)


def open_folder(path: Path | None, model: ModelConfig) -> Source:
    """Opens the images of a folder and its subfolders, sorted by their paths.

    When every image lies in a direct subfolder, and there are two of them or more, the sorted subfolders are the
    classes; otherwise there are no labels. Hidden files and folders are left out, links to folders not followed, and
    transparency is dropped.

    Args:
        path: the folder.
        model: gives the size and the channels.

    Returns:
        Training images, read when they are indexed, and their labels if there are classes; no test images.

    Raises:
        DataError: there is no such folder, or no image in it.
    """
    if path is None:
        raise DataError("the loader 'folder' needs a folder of images; name it with --set data.path=FOLDER")
    folder = path.expanduser()
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}; name one with --set data.path=FOLDER")
    names = sorted(name for name in (p.relative_to(folder) for p in folder.rglob("*")) if _is_image(folder, name))
    if not names:
        raise DataError(f"there is no image ({', '.join(sorted(SUFFIXES))}) in {folder}; set data.path to another")
    labels, num_classes = _labels(names)
    return Source(Split(ImageFiles([folder / name for name in names], model), labels), num_classes=num_classes)


def _is_image(folder: Path, name: Path) -> bool:
    # Archives made on a Mac hold "._photo.jpg" beside "photo.jpg", which is no image.
    hidden = any(part.startswith(".") for part in name.parts)
    return name.suffix.lower() in SUFFIXES and not hidden and (folder / name).is_file()


def _labels(names: Sequence[Path]) -> tuple[Tensor | None, int]:
    classes = sorted({name.parts[0] for name in names})
    if any(len(name.parts) != 2 for name in names) or len(classes) < 2:
        return None, 0
    return torch.tensor([classes.index(name.parts[0]) for name in names]), len(classes)


def _decode(path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            if image.mode.startswith(DEEP_MODES):
                raise DataError(f"{path} has more than 8 bits per channel; convert it to 8")
            return ImageOps.exif_transpose(image).convert(mode)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as an image ({error}); replace or remove it") from error
