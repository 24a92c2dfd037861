"""What the names of files say of splits and labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from autogan_core.data.folders.layout import Layout, usual_layout
from autogan_core.errors import DataError


class Listed:
    """A place of which only names count, and one file of labels."""

    def __init__(self, names: Sequence[str], labels: Any = None, at: str = "dataset.json") -> None:
        self.path, self.folders = Path("set"), ()
        self.images = sorted(map(PurePosixPath, names))
        self.files = [*self.images] if labels is None else [*self.images, PurePosixPath(at)]
        self._labels = labels

    def open(self, name: PurePosixPath) -> BytesIO:
        """The file of labels."""
        return BytesIO(self._labels if isinstance(self._labels, bytes) else json.dumps(self._labels).encode())


def arranged(names: Sequence[str], labels: Any = None, at: str = "dataset.json") -> Layout:
    """The layout of a place with these images."""
    place = Listed(names, labels, at)
    return usual_layout(place, place.images)


def labels_of(layout: Layout) -> tuple[Any, ...]:
    """Images and labels of both splits."""
    train, test = layout.train, layout.test
    tested = (None, None) if test is None else ([*map(str, test.images)], test.labels)
    return [*map(str, train.images)], train.labels, *tested


@pytest.mark.parametrize("train", ["train", "training", "Train", "TRAINING"])
@pytest.mark.parametrize("test", ["test", "testing", "val", "valid", "Validation"])
def test_splits_have_their_usual_names(train: str, test: str) -> None:
    """In any case of letters, with the classes below them or without."""
    images = [f"{train}/a/1", f"{train}/b/1"]
    assert labels_of(arranged([*images, f"{test}/b/1"])) == (images, [0, 1], [f"{test}/b/1"], [1])
    assert labels_of(arranged([f"{train}/1", f"{test}/1"])) == ([f"{train}/1"], None, [f"{test}/1"], None)


def test_test_comes_before_val() -> None:
    """With both, the images of val are not used, which is told."""
    layout = arranged(["train/1", "val/1", "val/2", "test/1"])
    assert labels_of(layout)[2] == ["test/1"] and layout.notes == ("2 images of val/ are not used",)


def test_a_train_alone_is_trained_on() -> None:
    """Its sub-folders are the classes."""
    assert labels_of(arranged(["train/a/1", "train/b/1"])) == (["train/a/1", "train/b/1"], [0, 1], None, None)


def test_train_among_other_classes_is_one() -> None:
    """Pictures of trains."""
    layout = arranged(["bus/1", "car/1", "train/1"])
    assert layout.classes == ("bus", "car", "train") and layout.test is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train/1", "test/1", "extra/1"], r"set holds test/, train/.* beside extra/: move .* data\.layout=plain"),
        (["test/1", "a.png"], r"holds test/, by the name images to test on, beside a\.png"),
        (["val/1", "test/1"], "holds test/, val/ alone, by the name to test on, and nothing to train on"),
        (["test/a/1", "test/b/1"], "holds test/ alone"),
        (["train/1", "Training/1"], "holds Training, train, which are the same split"),
        (
            ["train/a/1", "train/b/1", "test/c/1"],
            r"set/test has classes .*\(c, beside a, b\); give both splits the same",
        ),
    ],
    ids=["others", "strays", "no train", "test alone", "twice", "classes"],
)
def test_contradictions_are_refused(names: list[str], message: str) -> None:
    """What may be to train on or to test on, and classes that only one split has."""
    with pytest.raises(DataError, match=message):
        arranged(names)


def test_a_class_without_test_images_is_told() -> None:
    """It is no error, and its number stays."""
    layout = arranged(["train/a/1", "train/b/1", "test/b/1"])
    assert layout.notes == ("test/ has no images of a",) and labels_of(layout)[3] == [1]
    flat = arranged(["train/a/1", "train/b/1", "test/1"])
    assert labels_of(flat)[3] is None and flat.notes == (
        "the images of test/ have no labels, so that they test nothing",
    )


def test_a_folder_around_everything_does_not_count() -> None:
    """Archives have one; a split's folder is none."""
    names = ["set/deep/train/a/1", "set/deep/train/b/1", "set/deep/test/a/1"]
    assert labels_of(arranged(names)) == (names[:2], [0, 1], names[2:], [0])
    assert labels_of(arranged(["set/a/1", "set/b/1"])) == (["set/a/1", "set/b/1"], [0, 1], None, None)


@pytest.mark.parametrize(
    ("names", "note"),
    [
        (["a/1", "b/1", "c"], "the 2 sub-folders are no classes, since c lies beside the sub-folders"),
        (["a/1", "b/c/1"], "the 2 sub-folders are no classes, since b/c/1 lies deeper than in a sub-folder"),
    ],
)
def test_the_reason_for_no_labels_is_told(names: list[str], note: str) -> None:
    """Sub-folders that look like classes are not passed over in silence."""
    layout = arranged(names)
    assert layout.train.labels is None and layout.num_classes == 0 and layout.notes == (note,)


def test_stylegan_s_labels() -> None:
    """``dataset.json`` gives the labels, whatever the folders; null says that there are none."""
    names = ["00000/0.png", "00000/1.png", "00001/2.png"]
    labels = {"labels": [["00000/0.png", 6], ["00000\\1.png", None], ["00001/2.png", 2]]}
    layout = arranged(names, labels)
    assert labels_of(layout) == (names, [6, -1, 2], None, None) and layout.num_classes == 7 and layout.notes == ()
    assert layout.label_files == (PurePosixPath("dataset.json"),)
    assert labels_of(arranged(names, {"labels": None})) == (names, None, None, None)
    one = arranged(names[:1], {"labels": [["00000/0.png", 1]]})
    assert one.num_classes == 2, "a file beside the only folder is found"


def test_stylegan_s_labels_of_splits() -> None:
    """A file above the splits, or one in each."""
    names = ["train/0.png", "test/1.png"]
    whole = {"labels": [["train/0.png", 1], ["test/1.png", 0]]}
    assert labels_of(arranged(names, whole)) == (names[:1], [1], names[1:], [0])
    own = arranged(names, {"labels": [["0.png", 1]]}, "train/dataset.json")
    assert labels_of(own) == (names[:1], [1], names[1:], None)


def test_labels_of_missing_files_are_told() -> None:
    """Images may have been removed since; the labels of others are none the less theirs."""
    layout = arranged(["a/0.png"], {"labels": [["a/0.png", 1], ["a/9.png", 0]]})
    assert layout.notes == ("set/dataset.json has labels of 1 file that are not there (a/9.png)",)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"labels": []}, r"set/dataset\.json has no label for 1 image \(a/0\.png\); add -1 for those of no class"),
        ({"labels": [["a/0.png", [0.5, 1.0]]]}, r"gives a/0\.png the label \[0\.5, 1\.0\]; number the classes from 0"),
        ({"labels": [["a/0.png", -2]]}, r"the label -2"),
        ({"labels": [["a/0.png", True]]}, r"the label True"),
        ({"labels": [1]}, "is not of the form"),
        ([1], "is not of the form"),
        ({}, "is not of the form"),
        (b"{", "is not of the form .*JSONDecodeError"),
        (b"\xff", "is not of the form .*UnicodeDecodeError"),
        (b"[" * 100_000, "is not of the form .*RecursionError"),
    ],
)
def test_other_files_of_labels_are_refused(labels: Any, message: str) -> None:
    """The message says what the file must hold."""
    with pytest.raises(DataError, match=message):
        arranged(["a/0.png"], labels)


def test_test_labels_of_new_classes_are_refused() -> None:
    """A label that no image to train on has is an error."""
    with pytest.raises(
        DataError, match=r"gives images of test/ the label 2, but those to train on have labels up to 1"
    ):
        arranged(["train/0", "test/1"], {"labels": [["train/0", 1], ["test/1", 2]]})
