"""``dataset.json``, in which StyleGAN's dataset tool keeps labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from autogan_core.data.base.words import counted, listed, reason, shown
from autogan_core.data.folders.places import Place
from autogan_core.errors import DataError

NAME = "dataset.json"


@dataclass(frozen=True)
class LabelFile:
    """The labels of one such file."""

    name: str
    """Where it lies, for messages."""
    folder: PurePosixPath
    """The folder that it lies in, below the data set's."""
    labels: Mapping[PurePosixPath, int] | None
    """By image, relative to ``folder``; None: the file says that there are none."""

    def labels_of(self, images: Iterable[PurePosixPath]) -> list[int] | None:
        """Looks up the labels of images that lie below ``folder``.

        Returns:
            One for each; None if there are none.

        Raises:
            DataError: an image has none.
        """
        if self.labels is None:
            return None
        below = [image.relative_to(self.folder) for image in images]
        if missing := [shown(image) for image in below if image not in self.labels]:
            raise DataError(
                f"{self.name} has no label for {counted(missing, 'image')} ({listed(missing)}); add -1 for those of "
                "no class, or remove the file"
            )
        return [self.labels[image] for image in below]


def read_label_file(place: Place, folder: PurePosixPath) -> LabelFile | None:
    """Reads the file of labels in a folder.

    Returns:
        Its labels; None if there is no such file.

    Raises:
        DataError: it is not what StyleGAN's dataset tool writes.
    """
    name = folder / NAME
    if name not in place.files:
        return None
    title = shown(place.path / name)
    try:
        opened = place.open(name)
        document = json.loads(opened.getvalue() if isinstance(opened, BytesIO) else opened.read_bytes())
        entries = document["labels"]
        pairs = ((PurePosixPath(file.replace("\\", "/")), label) for file, label in entries or ())
        labels = None if entries is None else {file: -1 if label is None else label for file, label in pairs}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{title} is not of the form {{'labels': [['file.png', 0], ...]}} or {{'labels': null}} "
            f"({type(error).__name__}: {reason(error)}); mend it, or remove it"
        ) from error
    for file, label in (labels or {}).items():
        if type(label) is not int or label < -1:
            raise DataError(
                f"{title} gives {shown(file)} the label {label!r}; number the classes from 0, with -1 or null for "
                "unknown ones"
            )
    return LabelFile(title, folder, labels)
