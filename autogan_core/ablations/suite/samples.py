"""Images of several generators side by side, as in the paper's Figures 4 and 6."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from autogan_core.report.figures.png import image_grid
from autogan_core.report.figures.style import render

COUNT = 36
"""Images of each."""
_COLUMNS = 4
_ENLARGED = 3
"""Picture pixels for an image's pixel, so that no viewer blurs them."""


def samples_figure(images: Mapping[str, Tensor], description: str) -> str:
    """A grid of images for each name.

    Args:
        images: uint8 (N, C, H, W) by what drew them; at least one.
        description: in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    rows = math.ceil(len(images) / _COLUMNS)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(rows, _COLUMNS, squeeze=False).flatten()
        for axes in panels:
            axes.axis("off")
        for axes, (name, drawn) in zip(panels, images.items(), strict=False):
            grid = np.asarray(image_grid(drawn).convert("RGB"))
            axes.imshow(grid.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1), interpolation="none")
            axes.set_title(name)

    return render(draw, 2.35 * rows, description)
