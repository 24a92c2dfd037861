"""Image grids to be put into a page."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from torch import Tensor

from autogan_core.report.figures.png import BORDER, image_grid, png
from autogan_core.report.results.copies import CopyCheck

MAX_IMAGES = 64
"""Images shown of each generator, the first ones."""
_WIDTH = 340


@dataclass(frozen=True, slots=True)
class Grid:
    """A picture of many images."""

    uri: str
    """The PNG as a ``data:`` URI, one image pixel per PNG pixel."""
    width: int
    """Width to show it at, in CSS pixels: a whole multiple of its own, so that all pixels stay equal."""
    count: int
    """Images in it."""


def inline_strip(check: CopyCheck, image_size: int) -> Grid:
    """The strip of a check, which was drawn when the images were scored; ``image_size``: their side in pixels."""
    width, count = len(check.closest) * (image_size + BORDER) - BORDER, len(check.closest)
    return Grid(f"data:image/png;base64,{check.strip}", width * max(1, 2 * _WIDTH // width), count)


def inline_grid(images: Tensor) -> Grid:
    """The first `MAX_IMAGES` of uint8 images (N, C, H, W) as one picture."""
    shown = images[:MAX_IMAGES]
    picture = image_grid(shown)
    uri = "data:image/png;base64," + base64.b64encode(png(picture)).decode()
    return Grid(uri, picture.width * max(1, _WIDTH // picture.width), len(shown))
