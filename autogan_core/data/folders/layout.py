"""From the names of image files to splits and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from autogan_core.data.base.words import counted, listed, shown
from autogan_core.data.folders.label_file import NAME, LabelFile, read_label_file
from autogan_core.data.folders.places import Place
from autogan_core.data.folders.splits import HELD_OUT, find_splits, role_of
from autogan_core.errors import DataError


@dataclass(frozen=True)
class Part:
    """Images that belong together."""

    images: Sequence[PurePosixPath]
    """Their files, sorted."""
    labels: Sequence[int] | None
    """One for each; None: there are none."""


@dataclass(frozen=True)
class Layout:
    """What the names of files say."""

    train: Part
    """What to train on."""
    test: Part | None = None
    """What to test on, if it is kept apart."""
    num_classes: int = 0
    """Number of classes; 0 without labels."""
    classes: tuple[str, ...] = ()
    """Their names, where folders give them."""
    label_files: tuple[PurePosixPath, ...] = ()
    """What was read beside the images."""
    notes: tuple[str, ...] = ()
    """What may surprise: why there are no labels, what is not used."""


def plain_layout(images: Sequence[PurePosixPath]) -> Layout:
    """Everything is to train on; the direct sub-folders are the classes if all images lie in two or more of them."""
    classes = _classes(images, PurePosixPath())
    if not classes:
        return Layout(Part(images, None), notes=_why_unlabelled(images, PurePosixPath()))
    return Layout(Part(images, _class_labels(images, PurePosixPath(), classes)), None, len(classes), classes)


def usual_layout(place: Place, images: Sequence[PurePosixPath]) -> Layout:
    """Splits by the usual names, with labels from ``dataset.json`` or from sub-folders.

    A folder around everything, as archives have it, does not count.

    Args:
        place: where the images lie.
        images: their names, sorted; at least one.

    Returns:
        The splits with their labels.

    Raises:
        DataError: names contradict each other: see `find_splits`, `LabelFile` and the classes of a test split.
    """
    root = _root(place, images)
    depth = len(root.parts)
    folders = {image.parts[depth] for image in images if len(image.parts) > depth + 1}
    strays = [image.relative_to(root) for image in images if len(image.parts) == depth + 1]
    splits = find_splits(shown(place.path / root), folders, strays)
    if not splits:
        return _labelled(place, images, root, root)
    parts = {role: [i for i in images if i.parts[depth] == folder] for role, folder in splits.items()}
    layout = _labelled(place, parts["train"], root / splits["train"], root)
    held_out = [role for role in HELD_OUT if role in splits]
    if not held_out:
        return layout
    used, *unused = held_out
    layout = _with_test(layout, place, parts[used], root / splits[used], root)
    notes = tuple(f"{counted(parts[role], 'image')} of {shown(splits[role])}/ are not used" for role in unused)
    return replace(layout, notes=(*layout.notes, *notes))


def _root(place: Place, images: Sequence[PurePosixPath]) -> PurePosixPath:
    """The folder that everything lies in, unless its name says a split or there is a file of labels beside it."""
    first, last = images[0].parts[:-1], images[-1].parts[:-1]  # in their order all others lie between these two
    root = PurePosixPath()
    for one, other in zip(first, last, strict=False):
        if one != other or role_of(one) is not None or root / NAME in place.files:
            break
        root /= one
    return root


def _labelled(place: Place, images: Sequence[PurePosixPath], folder: PurePosixPath, root: PurePosixPath) -> Layout:
    if (file := _label_file(place, folder, root)) is not None:
        labels = file.labels_of(images)
        if labels is None or max(labels) < 0:
            return Layout(Part(images, None), label_files=(file.folder / NAME,))
        notes = _unused(file, images)
        return Layout(Part(images, labels), None, max(labels) + 1, (), (file.folder / NAME,), notes)
    classes = _classes(images, folder)
    if not classes:
        return Layout(Part(images, None), notes=_why_unlabelled(images, folder))
    return Layout(Part(images, _class_labels(images, folder, classes)), None, len(classes), classes)


def _with_test(
    layout: Layout, place: Place, images: Sequence[PurePosixPath], folder: PurePosixPath, root: PurePosixPath
) -> Layout:
    file = _label_file(place, folder, root)
    labels: list[int] | None = None
    notes = layout.notes
    if file is not None:
        layout = replace(layout, label_files=(*layout.label_files, file.folder / NAME))
    if layout.num_classes and file is not None:
        labels = file.labels_of(images)
        if labels is not None and max(labels) >= layout.num_classes:
            raise DataError(
                f"{file.name} gives images of {shown(folder)}/ the label {max(labels)}, but those to train on have "
                f"labels up to {layout.num_classes - 1}; mend it, or move these images away"
            )
    elif layout.classes and all(len(image.parts) == len(folder.parts) + 2 for image in images):
        theirs = {image.parts[-2] for image in images}
        if extra := sorted(theirs - set(layout.classes)):
            raise DataError(
                f"{shown(place.path / folder)} has classes of which there are no images to train on "
                f"({listed([*map(shown, extra)])}, beside {listed([*map(shown, layout.classes)])}); give both splits "
                "the same folders"
            )
        if missing := sorted(set(layout.classes) - theirs):
            notes = (*notes, f"{shown(folder)}/ has no images of {listed([*map(shown, missing)])}")
        labels = _class_labels(images, folder, layout.classes)
    if layout.num_classes and labels is None:
        notes = (*notes, f"the images of {shown(folder)}/ have no labels, so that they test nothing")
    return replace(layout, test=Part(images, labels), notes=notes)


def _label_file(place: Place, folder: PurePosixPath, root: PurePosixPath) -> LabelFile | None:
    own = read_label_file(place, folder)
    return own if own is not None or folder == root else read_label_file(place, root)


def _unused(file: LabelFile, images: Sequence[PurePosixPath]) -> tuple[str, ...]:
    extra = (file.labels or {}).keys() - {image.relative_to(file.folder) for image in images}
    lacking = sorted(shown(name) for name in extra if role_of(name.parts[0]) is None)
    return (f"{file.name} has labels of {counted(lacking, 'file')} that are not there ({listed(lacking)})",) * bool(
        lacking
    )


def _classes(images: Sequence[PurePosixPath], folder: PurePosixPath) -> tuple[str, ...]:
    """The sub-folders, sorted, if they are classes: all images lie in one of them, and there are two or more."""
    depth = len(folder.parts)
    if any(len(image.parts) != depth + 2 for image in images):
        return ()
    classes = tuple(sorted({image.parts[depth] for image in images}))
    return classes if len(classes) > 1 else ()


def _class_labels(images: Sequence[PurePosixPath], folder: PurePosixPath, classes: Sequence[str]) -> list[int]:
    number = {name: k for k, name in enumerate(classes)}
    return [number[image.parts[len(folder.parts)]] for image in images]


def _why_unlabelled(images: Sequence[PurePosixPath], folder: PurePosixPath) -> tuple[str, ...]:
    """What stands against sub-folders as classes, where there are several."""
    depth = len(folder.parts)
    folders = {image.parts[depth] for image in images if len(image.parts) > depth + 1}
    if len(folders) < 2:
        return ()
    odd = next(image for image in images if len(image.parts) != depth + 2)
    where = "beside the sub-folders" if len(odd.parts) == depth + 1 else "deeper than in a sub-folder"
    return (f"the {len(folders):,} sub-folders are no classes, since {shown(odd)} lies {where}",)
