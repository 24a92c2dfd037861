"""Which arrays of an .npz file are images and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autogan_core.data.base.words import listed
from autogan_core.errors import DataError

TRAIN_IMAGES = ("images", "train_images", "x_train", "image", "x", "data")
"""Names of images to train on, in small letters: ours, MedMNIST's, Keras's and others'."""
TRAIN_LABELS = ("labels", "train_labels", "y_train", "label", "y", "targets")
TEST_IMAGES = ("test_images", "x_test")
TEST_LABELS = ("test_labels", "y_test")


@dataclass(frozen=True)
class ArrayNames:
    """The names of the arrays that are used."""

    images: str
    labels: str | None
    test_images: str | None
    test_labels: str | None
    unused: tuple[str, ...]
    """All others."""


def find_arrays(file: str, arrays: Mapping[str, str]) -> ArrayNames:
    """Finds images and labels by their names, whatever the case of letters.

    An array of another name is taken for the images if it is the only one of the file.

    Args:
        file: what the file is called in messages.
        arrays: what each array is, by its name, for messages.

    Returns:
        The names.

    Raises:
        DataError: there are no images, or two arrays have equally good names.
    """
    held = listed([f"{name}: {what}" for name, what in arrays.items()])

    def only(wanted: tuple[str, ...]) -> str | None:
        found = [name for name in arrays if name.lower() in wanted]
        if len(found) > 1:
            raise DataError(f"{file} holds {listed(found)}, which may all be meant, in ({held}); remove all but one")
        return found[0] if found else None

    images = only(TRAIN_IMAGES) or (next(iter(arrays)) if len(arrays) == 1 else None)
    if images is None:
        raise DataError(
            f"{file} has no array 'images', only ({held}); rename the one that holds the images, and the labels' to "
            "'labels'"
        )
    names = (images, only(TRAIN_LABELS), only(TEST_IMAGES), only(TEST_LABELS))
    return ArrayNames(*names, unused=tuple(name for name in arrays if name not in names))
