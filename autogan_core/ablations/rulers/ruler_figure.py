"""The figure of ``proxy``: the best rulers beside the default one's points, and what the policy gains below."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autogan_core.ablations.figures.layout import LINE, Key, render_with_legend, text_width, write_titles
from autogan_core.ablations.figures.rows import BarPanel, bar_keys, draw_panel, name_rows, row_labels
from autogan_core.ablations.figures.scatter import ScatterPanel, draw_scatter, scatter_keys
from autogan_core.report.figures.style import WIDTH

_NAME_CHARACTERS = 34
_TITLES = 0.9
"""Inches that titles and labels take from a panel's height."""


def ruler_figure(rulers: BarPanel, points: ScatterPanel | None, gains: BarPanel | None, description: str) -> str:
    """Draws how well each ruler orders architectures.

    Args:
        rulers: a row for each, best first.
        points: of the default ruler, on the right; None: there is none.
        gains: rows below; None: there are none.
        description: in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    panels = [panel for panel in (rulers, gains) if panel is not None]
    labels = {panel.title: row_labels([bar.name for bar in panel.bars], _NAME_CHARACTERS) for panel in panels}
    heights = [_TITLES + LINE * max(2, _lines(labels[panel.title])) * len(panel.bars) for panel in panels]
    width = (WIDTH - max(text_width(label) for found in labels.values() for label in found)) / 2 - 0.4
    keys: list[Key] = [*bar_keys(panels), *(scatter_keys(points.groups) if points else [])]

    def draw_bars(axes: Axes, panel: BarPanel, size: tuple[float, float]) -> None:
        draw_panel(axes, panel, [bar.name for bar in panel.bars], size[0])
        write_titles(axes, size, panel.title, panel.xlabel)
        name_rows(axes, range(len(panel.bars)), labels[panel.title])

    def draw(figure: Figure) -> None:
        grid = figure.add_gridspec(len(panels), 2, height_ratios=heights)
        draw_bars(figure.add_subplot(grid[0, 0]), rulers, (width, heights[0] - _TITLES))
        if points is not None:
            draw_scatter(figure.add_subplot(grid[0, 1]), points, (width, heights[0] - _TITLES))
        if gains is not None:
            draw_bars(figure.add_subplot(grid[1, :]), gains, (2 * width, heights[1] - _TITLES))

    return render_with_legend(draw, sum(heights), keys, description)


def _lines(labels: Sequence[str]) -> int:
    return max(label.count("\n") + 1 for label in labels)
