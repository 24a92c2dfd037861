"""Which files of a folder of images are to be read as images, judged by their names alone."""

from __future__ import annotations

from pathlib import PurePosixPath

PLAIN_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
"""The files that are read with ``data.layout=plain``, as runs were made that are older than this setting."""
_LITTER = frozenset(
    {
        "__macosx",
        "$recycle.bin",
        "@eadir",
        "desktop.ini",
        "ehthumbs.db",
        "lost+found",
        "system volume information",
        "thumbs.db",
    }
)
"""What operating systems and disk stations put beside people's files."""
_OTHER_SUFFIXES = frozenset(
    {
        ".aae",
        ".avi",
        ".cfg",
        ".csv",
        ".htm",
        ".html",
        ".ini",
        ".ipynb",
        ".json",
        ".jsonl",
        ".lnk",
        ".log",
        ".m4a",
        ".md",
        ".md5",
        ".mkv",
        ".mov",
        ".mp3",
        ".mp4",
        ".py",
        ".rst",
        ".sh",
        ".sha1",
        ".sha256",
        ".toml",
        ".tsv",
        ".txt",
        ".url",
        ".wav",
        ".webloc",
        ".webm",
        ".xml",
        ".xmp",
        ".yaml",
        ".yml",
    }
)
"""Texts, programs, films and sounds: nobody means them to be trained on."""
_OTHER_NAMES = frozenset(
    {"authors", "checksums", "copying", "licence", "license", "makefile", "md5sums", "notice", "readme", "sha256sums"}
)


def is_hidden(name: PurePosixPath) -> bool:
    """Whether a file or a folder above it is hidden, such as ``._photo.jpg``, which Macs put beside ``photo.jpg``."""
    return any(part.startswith(".") for part in name.parts)


def is_litter(name: PurePosixPath) -> bool:
    """Whether a file or a folder is what operating systems leave behind, or lies in such a folder."""
    return any(part.lower() in _LITTER for part in name.parts)


def is_image_file(name: PurePosixPath) -> bool:
    """Whether a file is to be read as an image, so that it is an error if it is none.

    Args:
        name: below the folder of images.

    Returns:
        False for what is hidden, for litter, and for files whose names say that they hold something else. True for all
        others: a name without a suffix says nothing.
    """
    other = name.suffix.lower() in _OTHER_SUFFIXES or name.name.lower() in _OTHER_NAMES
    return not (other or is_litter(name) or is_hidden(name))


def is_plain_image_file(name: PurePosixPath) -> bool:
    """Whether a file is read as an image with ``data.layout=plain``."""
    return name.suffix.lower() in PLAIN_SUFFIXES and not is_hidden(name)
