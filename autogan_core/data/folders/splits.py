"""Folders and files that are parts of a data set by their names: what to train on and what to test on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from autogan_core.data.base.words import listed, shown
from autogan_core.errors import DataError

ROLES: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""What a split is for, by its usual names in small letters."""
HELD_OUT = ("test", "val")
"""Where test images come from: the first of these that there is."""


def role_of(folder: str) -> str | None:
    """What a folder is for by its name; None if it does not say."""
    return ROLES.get(folder.lower())


def role_of_file(name: str) -> str | None:
    """What a file such as ``train-00000-of-00002.parquet`` is for by its name; None if it does not say."""
    return ROLES.get(re.split(r"[-_.]", name.lower(), maxsplit=1)[0])


def find_splits(place: str, folders: Iterable[str], strays: Iterable[PurePosixPath]) -> dict[str, str]:
    """Tells whether the folders of a data set are its splits.

    They are if all of them are called so and no image lies beside them. A ``train`` among other folders is a class, of
    trains.

    Args:
        place: what the data set is called in messages.
        folders: those that hold images, directly below the data set's root.
        strays: images beside them.

    Returns:
        Split -> its folder; empty if the folders are no splits.

    Raises:
        DataError: they may be splits or not, two are the same split, or there is none to train on.
    """
    roles: dict[str, list[str]] = {}
    others = [*map(shown, strays)]
    for folder in sorted(folders):
        role = role_of(folder)
        if role is None:
            others.append(f"{shown(folder)}/")
        else:
            roles.setdefault(role, []).append(folder)
    if others and not roles.keys() & set(HELD_OUT):
        return {}
    names = [f"{folder}/" for found in roles.values() for folder in found]
    if others and roles:
        raise DataError(
            f"{place} holds {listed(names)}, by the name images to test on, beside {listed(others)}: move one or the "
            "other away, or set data.layout=plain, which trains on all"
        )
    return one_each(place, roles)


def one_each(place: str, roles: Mapping[str, list[str]]) -> dict[str, str]:
    """Checks that each split is there once, and that there is one to train on.

    Args:
        place: what the data set is called in messages.
        roles: split -> the folders of that split.

    Returns:
        Split -> its folder.

    Raises:
        DataError: a split is there twice, or there is none to train on.
    """
    for found in roles.values():
        if len(found) > 1:
            raise DataError(
                f"{place} holds {listed(found)}, which are the same split; put their images into one folder"
            )
    if roles and "train" not in roles:
        held_out = listed([f"{folder}/" for found in roles.values() for folder in found])
        raise DataError(
            f"{place} holds {held_out} alone, by the name to test on, and nothing to train on; name the folder of the "
            "images to train on by data.path"
        )
    return {role: found[0] for role, found in roles.items()}
