"""Parquet files that hold encoded images, in the form of the Hugging Face hub."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autogan_core.data.base.words import listed, reason, shown
from autogan_core.data.folders.splits import HELD_OUT, role_of, role_of_file
from autogan_core.data.own.image_files import ImageFileSet
from autogan_core.errors import DataError

logger = logging.getLogger(__name__)

SUFFIX = ".parquet"
MAGIC = b"PAR1"
IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "labels")


def is_parquet(path: Path) -> bool:
    """Whether a path is that of a parquet file, by its name or its first bytes; raises OSError."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return path.suffix.lower() == SUFFIX or file.read(len(MAGIC)) == MAGIC


def find_parquet(path: Path, names: Sequence[PurePosixPath]) -> ImageFileSet:
    """Finds the images of parquet files; none of them is decoded.

    Each has a column ``image`` (or ``img``) of encoded images, ``{bytes, path}`` or bytes; and a column ``label`` of
    whole numbers, if there are labels. Files or folders called ``train``, ``val`` and ``test`` are splits.

    Args:
        path: the file, or the folder that holds the files.
        names: of the files, sorted, relative to ``path``.

    Returns:
        Training images with labels if there are any; test images if there is such a split.

    Raises:
        DataError: pyarrow is missing, a file is damaged or lacks a column, or the splits are not clear.
    """
    _require_pyarrow(path)
    parts = {"train": list(names)} if path.is_file() else _splits(path, names)
    train = ParquetFiles(path, parts["train"])
    held_out = [role for role in HELD_OUT if role in parts]
    notes = tuple(f"the split {role} is not used" for role in held_out[1:])
    test = ParquetFiles(path, parts[held_out[0]]) if held_out else None
    num_classes = train.num_classes
    if num_classes and test is not None and test.num_classes > num_classes:
        raise DataError(
            f"{test.title} has labels up to {test.num_classes - 1} to test on, but only up to {num_classes - 1} to "
            "train on; give both splits the same classes"
        )
    count, apart = f"{len(train):,}", f", {len(test):,} to test on" if test is not None else ""
    logger.info("%s: %s images to train on in %d classes%s", shown(path), count, num_classes, apart)
    return ImageFileSet(
        train=train,
        labels=train.labels if num_classes else None,
        test=test,
        test_labels=test.labels if num_classes and test is not None else None,
        num_classes=num_classes,
        notes=notes,
    )


def _require_pyarrow(path: Path) -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise DataError(
            f"{shown(path)} is parquet, which needs pyarrow: pip install 'autogan-kubeflow[parquet]'"
        ) from error


class ParquetFiles:
    """The rows of parquet files as `Files`; one group of rows is in memory at a time."""

    def __init__(self, path: Path, names: Sequence[PurePosixPath]) -> None:
        """Reads what the files hold, but no image.

        Args:
            path: the file, or the folder that holds the files.
            names: of the files, relative to ``path``.

        Raises:
            DataError: pyarrow is missing, or a file is damaged or lacks a column.
        """
        from pyarrow.parquet import ParquetFile

        self.title = shown(path)
        self._names = [shown(name) for name in names]
        self._groups: list[tuple[int, int, int]] = []  # file, row group, first row
        self._files, self._starts, labels, self.num_classes = [], [0], [], 0
        for k, name in enumerate(names):
            with _understood(name):
                file = ParquetFile(path if path.is_file() else path / name, memory_map=True)
                self._image = _column(file, name, IMAGE_COLUMNS)
                found, classes = _labels(file, name)
            labels.append(found)
            self.num_classes = max(self.num_classes, classes)
            self._files.append(file)
            row = 0
            for group in range(file.num_row_groups):
                self._groups.append((k, group, row))
                row += file.metadata.row_group(group).num_rows
                self._starts.append(self._starts[-1] + file.metadata.row_group(group).num_rows)
        if not len(self):
            raise DataError(f"{listed(self._names)} of {self.title} hold no rows; set data.path to others")
        if any(found is None for found in labels) and any(found is not None for found in labels):
            lacking = [name for name, found in zip(self._names, labels, strict=True) if found is None]
            raise DataError(f"{listed(lacking)} of {self.title} have no labels, but others have; make them alike")
        known = [found for found in labels if found is not None]
        self.labels: Tensor | None = torch.cat(known) if known else None
        self._loaded: tuple[int, Any] | None = None

    def __len__(self) -> int:
        return self._starts[-1]

    def open(self, index: int, /) -> BytesIO:
        """See `Files.open`."""
        place = int(np.searchsorted(self._starts, index, side="right")) - 1
        if self._loaded is None or self._loaded[0] != place:
            file, group, _ = self._groups[place]
            with _understood(self._names[file]):
                table = self._files[file].read_row_group(group, columns=[self._image])
            self._loaded = (place, table.column(0))
        value = self._loaded[1][index - self._starts[place]].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(content, bytes):
            raise OSError("without bytes")
        return BytesIO(content)

    def name(self, index: int, /) -> str:
        """Its row and file."""
        place = int(np.searchsorted(self._starts, index, side="right")) - 1
        file, _, first = self._groups[place]
        return f"row {first + index - self._starts[place]} of {self._names[file]}"


def _splits(path: Path, names: Sequence[PurePosixPath]) -> dict[str, list[PurePosixPath]]:
    parts: dict[str | None, list[PurePosixPath]] = {}
    for name in names:
        roles = (role_of_file(name.name), *map(role_of, reversed(name.parts[:-1])))
        parts.setdefault(next((role for role in roles if role), None), []).append(name)
    unclear = parts.pop(None, [])
    if not parts:
        parts["train"] = unclear
    elif unclear or "train" not in parts:
        wrong = (
            f"{listed([*map(shown, unclear)])} beside splits" if unclear else f"{listed([str(r) for r in parts])} alone"
        )
        raise DataError(
            f"{shown(path)} holds {wrong}; call the files train-*.parquet and test-*.parquet, or name one by data.path"
        )
    if len(folders := sorted({name.parent for name in parts["train"]})) > 1:
        raise DataError(
            f"the files of {shown(path)} to train on lie in several folders ({listed([*map(shown, folders)])}), "
            "which may be several data sets; name one of them by data.path"
        )
    return {str(role): found for role, found in parts.items()}


def _column(file: Any, name: PurePosixPath, wanted: Sequence[str]) -> str:
    import pyarrow.types as kinds

    schema = file.schema_arrow
    found = [column for column in wanted if column in schema.names]
    kind: Any = schema.field(found[0]).type if found else None
    if kind is not None and kinds.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        kind = kind.field("bytes").type
    if kind is None or not (kinds.is_binary(kind) or kinds.is_large_binary(kind)):
        columns = ", ".join(f"{field.name}: {field.type}" for field in schema)
        raise DataError(
            f"{shown(name)} needs a column 'image' of encoded images, {{bytes, path}} or bytes, and has ({columns}); "
            "rename or convert the one that holds the images"
        )
    return found[0]


def _labels(file: Any, name: PurePosixPath) -> tuple[Tensor | None, int]:
    """The labels, and how many classes they speak of; -1 where there is none."""
    import pyarrow.types as kinds

    schema = file.schema_arrow
    column = next((column for column in LABEL_COLUMNS if column in schema.names), None)
    if column is None:
        return None, 0
    if not kinds.is_integer(schema.field(column).type):
        raise DataError(
            f"the labels of {shown(name)} are of the type {schema.field(column).type}; make them whole numbers from 0, "
            "or remove the column for no labels"
        )
    labels = file.read(columns=[column]).column(0).fill_null(-1).to_numpy().astype(np.int64)
    if len(labels) and labels.min() < -1:
        raise DataError(
            f"{shown(name)} has the label {labels.min()}; number the classes from 0, with -1 for unknown ones"
        )
    highest = int(labels.max()) + 1 if len(labels) else 0
    return torch.from_numpy(labels), max(highest, _named_classes(schema, column)) if highest else 0


def _named_classes(schema: Any, column: str) -> int:
    """How many classes the hub's own description of the columns names."""
    try:
        description = json.loads((schema.metadata or {})[b"huggingface"])
        return len(description["info"]["features"][column]["names"])
    except (KeyError, TypeError, ValueError):
        return 0


@contextmanager
def _understood(name: PurePosixPath | str) -> Iterator[None]:
    """Turns what pyarrow raises into an error for people."""
    import pyarrow

    try:
        yield
    except DataError:
        raise
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(f"{shown(name)} is damaged or no parquet file ({reason(error)}); get it again") from error
