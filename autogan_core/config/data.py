"""Which images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from autogan_core.config.ranges import Images, UserPath
from autogan_core.config.section import MayChange, Section

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""
COLOURS: dict[str, Colour] = {"white": (255, 255, 255), "grey": (128, 128, 128), "black": (0, 0, 0)}
STORED = "stored"
_RGB = re.compile(r"rgb\( *(\d{1,3}) *, *(\d{1,3}) *, *(\d{1,3}) *\)")


def _to_colour(text: str) -> Colour | None:
    """The colour that a value of ``data.background`` names; None for `STORED`."""
    if text == STORED:
        return None
    if text in COLOURS:
        return COLOURS[text]
    match = _RGB.fullmatch(text)
    if match is None or max(map(int, match.groups())) > 255:
        raise ValueError(
            f"must be {', '.join(COLOURS)}, 'rgb(R, G, B)' with three numbers up to 255, or {STORED}, not {text!r}"
        )
    red, green, blue = map(int, match.groups())
    return red, green, blue


def _check_background(text: str) -> str:
    _to_colour(text)
    return text


def _check_path(path: Path) -> Path:
    """A run's configuration is stored in UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ValueError("is not encoded in UTF-8, so that no run can store it; give that file or folder a link") from (
            error
        )
    return path


Fingerprint = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Background = Annotated[str, AfterValidator(_check_background)]


OWN_IMAGES = frozenset({"folder", "npz"})
"""Loaders of people's own images, which are known by nothing but their place, and which settings say how to read."""


class DataConfig(Section):
    """Which images the generators learn to imitate."""

    name: Literal["digits", "fashion-mnist", "cifar10", "stl10", "folder", "npz"]
    """Which loader reads them."""
    path: Annotated[Annotated[UserPath, AfterValidator(_check_path)] | None, MayChange(location=True)] = None
    """The folder or file that holds them; None: what the package ships, or the loader's usual place."""
    max_images: Images | None = None
    """Train on a random subset of so many images; None: all of them."""
    layout: Annotated[Literal["usual", "plain"], MayChange(images=True)] = "usual"
    """How the loader 'folder' reads names. usual: folders called train, val and test are splits, ``dataset.json`` gives
    labels, links are followed, and every format that Pillow knows is read. plain: none of that, as before this setting:
    all .bmp, .jpeg, .jpg, .png and .webp files are trained on, and direct sub-folders are the classes."""
    background: Annotated[Background, MayChange(images=True)] = "white"
    """The colour under transparent pixels: white, grey, black or 'rgb(R, G, B)'. stored: transparency is dropped, which
    shows whatever colour a file keeps under it, as before this setting."""
    unusable: Annotated[Literal["refuse", "leave-out"], MayChange(images=True)] = "refuse"
    """What becomes of an image that cannot be read or is smaller than the generator's. refuse: the run stops and names
    them all. leave-out: the run goes on without them, and names them in a warning."""
    fingerprint: Fingerprint | None = None
    """SHA-256 that the images must have, 64 hex digits, as pipelines pin it; None: whatever images are there."""

    @property
    def background_colour(self) -> Colour | None:
        """What ``background`` names; None if transparency is dropped."""
        return _to_colour(self.background)
