"""Finding a data set's files, and telling whether they are what their publisher gave out."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from autogan_core.errors import DataError

ROOT_VARIABLE = "AUTOGAN_DATA"
"""Environment variable that names the folder in which every data set has a folder of its own."""


def expanded(path: Path) -> Path:
    """A path with the home folder in place of ``~``.

    Returns:
        The path.

    Raises:
        DataError: it begins with ``~NAME``, and there is no such user.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise DataError(f"there is no user of the name in '{path}'; write data.path out in full") from error


def find_folder(
    name: str, path: Path | None, marker: str, remedy: str, *, subfolder: str = ".", places: tuple[Path, ...] = ()
) -> Path:
    """Finds the folder that holds a data set.

    Args:
        name: the data set's folder below ``$AUTOGAN_DATA``.
        path: the only folder to look in; None: ``$AUTOGAN_DATA/<name>``, then ``places``.
        marker: glob of a file by which the folder is known.
        remedy: where to get the data set, for the error.
        subfolder: where the publisher's archive puts the files, looked into as well.
        places: further folders to look in.

    Returns:
        The first folder that holds a file matching ``marker``.

    Raises:
        DataError: none of them holds the file.
    """
    root = os.environ.get(ROOT_VARIABLE)
    usual = (Path(root) / name, *places) if root else places
    folders = usual if path is None else (expanded(path),)
    for folder in (candidate / below for candidate in folders for below in (".", subfolder)):
        if any(folder.glob(marker)):
            return folder
    looked = " or ".join(map(str, folders)) or f"${ROOT_VARIABLE}, which is not set"
    raise DataError(f"there is no {marker} in {looked}: get {remedy}, and name its folder with --set data.path=FOLDER")


def require_file(path: Path, remedy: str) -> Path:
    """Checks that a file exists.

    Returns:
        ``path``.

    Raises:
        DataError: it is not a file.
    """
    if not path.is_file():
        raise DataError(f"{path} is missing: get {remedy}, and unpack all of it")
    return path


def require_digest(path: Path, actual: str, expected: str) -> None:
    """Compares checksums in hex.

    Raises:
        DataError: they differ.
    """
    if actual != expected:
        raise DataError(f"{path} is damaged: its checksum is {actual} instead of {expected}; download it again")


def md5_of(path: Path) -> str:
    """MD5 of a file in hex: what publishers give against damage, not against tampering."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
