"""Image grids to be put into a page."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from torch import Tensor

from autogan_core.report.figures.png import image_grid, png

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


def inline_grid(images: Tensor) -> Grid:
    """The first `MAX_IMAGES` of uint8 images (N, C, H, W) as one picture."""
    shown = images[:MAX_IMAGES]
    picture = image_grid(shown)
    uri = "data:image/png;base64," + base64.b64encode(png(picture)).decode()
    return Grid(uri, picture.width * max(1, _WIDTH // picture.width), len(shown))
