"""Image files, decoded where they are asked for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data.base.pixels import resize
from autogan_core.data.base.source import Source, Split
from autogan_core.data.base.words import reason, shown
from autogan_core.data.folders.places import Place
from autogan_core.data.own.decoding import SmallImageError, UnreadableImageError, decode
from autogan_core.data.own.unusable import Unusable, UnusableImagesError


class Files(Protocol):
    """Image files by number."""

    @property
    def title(self) -> str:
        """What they are called in messages."""
        ...

    def __len__(self) -> int:
        """Number of files."""
        ...

    def open(self, index: int, /) -> Path | BytesIO:
        """A file for Pillow; raises OSError."""
        ...

    def name(self, index: int, /) -> str:
        """What a file is called in messages."""
        ...


class ImageFiles:
    """Image files as `Pixels`: turned upright, cropped to the centre square and resized."""

    def __init__(self, files: Files, data: DataConfig, model: ModelConfig) -> None:
        self._files = files
        self._size = model.image_size
        self._mode = "L" if model.image_channels == 1 else "RGB"
        self._background = data.background_colour

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: Tensor, /) -> Tensor:
        """Reads the images at the indices (n,).

        Returns:
            uint8 (n, C, S, S).

        Raises:
            UnusableImagesError: some cannot be read, or their shorter side is below S; it lists them all.
        """
        images: list[Tensor] = []
        unusable: list[Unusable] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of what it reads all the same
            for position, i in enumerate(index.tolist()):
                try:
                    images.append(self._read(i))
                except SmallImageError as error:
                    unusable.append(Unusable(self._files.name(i), str(error), small=True, position=position))
                except UnreadableImageError as error:
                    unusable.append(Unusable(self._files.name(i), str(error), position=position))
        if unusable:
            raise UnusableImagesError(self._files.title, unusable, len(index), self._size)
        return torch.cat(images)

    def _read(self, index: int) -> Tensor:
        try:
            file = self._files.open(index)
        except OSError as error:
            raise UnreadableImageError(reason(error)) from error
        image = decode(file, self._mode, self._size, self._background)
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = np.array(image.crop((left, top, left + side, top + side)))
        return resize(torch.from_numpy(square).view(side, side, -1).permute(2, 0, 1).unsqueeze(0), self._size)


@dataclass(frozen=True, eq=False)
class ImageFileSet:
    """The image files of a data set, in its splits."""

    train: Files
    """To train on."""
    labels: Tensor | None
    """int64 (N,), -1 where an image has none; None: no labels at all."""
    test: Files | None = None
    """To test on; None: nothing is kept apart."""
    test_labels: Tensor | None = None
    """Labels of these."""
    num_classes: int = 0
    """Number of classes; 0 without labels."""
    classes: tuple[str, ...] = ()
    """Their names, as shown to people; empty where they have none."""
    notes: tuple[str, ...] = ()
    """What may surprise: files that are left out, why there are no labels."""

    def source(self, data: DataConfig, model: ModelConfig) -> Source:
        """The same as images, which are read when they are indexed; ``data`` gives the background."""
        test = None if self.test is None else Split(ImageFiles(self.test, data, model), self.test_labels)
        return Source(Split(ImageFiles(self.train, data, model), self.labels), test, self.num_classes, self.classes)


class PlacedFiles:
    """Some files of a `Place`."""

    def __init__(self, place: Place, names: Sequence[PurePosixPath]) -> None:
        self.title = shown(place.path)
        self._place, self._names = place, names

    def __len__(self) -> int:
        return len(self._names)

    def open(self, index: int, /) -> Path | BytesIO:
        """See `Files.open`."""
        return self._place.open(self._names[index])

    def name(self, index: int, /) -> str:
        """Its path in the place."""
        return shown(self._names[index])
