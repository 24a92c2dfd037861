"""What the ablations' figures have in common: the legend below, limits of axes, and text that fits its place."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from autogan_core.report.figures.style import PALETTE, WIDTH, render

Key = Line2D | Patch
"""A sample in a legend, with its label."""
Look = dict[str, Any]
"""Colour, marker and dashes, as matplotlib names them."""
LIGHT = "#e4e4e0"
"""The colour of grids, behind everything else."""
LINE = 0.17
"""Inches from one line of text to the next."""
_CHARACTER = 0.062
"""Inches; the width of text of 9 points, on average and generously."""
_BOLD_CHARACTER = 0.067
_SAMPLE = 0.75
"""Inches; a legend's sample with the gaps around it."""
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", "--", ":", "-.")
_KEY_CHARACTERS = 56
_PADDING = 0.06


def render_with_legend(draw: Callable[[Figure], None], height: float, keys: Sequence[Key], description: str) -> str:
    """Draws a figure with a legend below its panels.

    Args:
        draw: fills the empty figure.
        height: of the panels, in inches.
        keys: what the legend explains, at least one.
        description: the figure in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    labels = [textwrap.fill(str(key.get_label()), _KEY_CHARACTERS) for key in keys]
    columns = _columns(labels)
    # A legend fills column after column; these keys run along its rows, as they were given.
    order = [i for column in columns for i in column]

    def fill(figure: Figure) -> None:
        draw(figure)
        handles, texts = [keys[i] for i in order], [labels[i] for i in order]
        figure.legend(handles, texts, loc="outside lower center", ncols=len(columns), handlelength=2.6)

    rows = [labels[i : i + len(columns)] for i in range(0, len(labels), len(columns))]
    lines = sum(max(label.count("\n") + 1 for label in row) for row in rows)
    return render(fill, height + LINE * lines, escape(description))


def _columns(labels: Sequence[str]) -> list[range]:
    """The labels' indices in each column of the fewest rows that are not wider than the figure."""
    for rows in range(1, len(labels)):
        count = -(-len(labels) // rows)
        columns = [range(i, len(labels), count) for i in range(count)]
        if sum(_SAMPLE + max(text_width(labels[i]) for i in column) for column in columns) < WIDTH:
            return columns
    return [range(len(labels))]


def looks(names: Iterable[str]) -> dict[str, Look]:
    """A look for every name, in the order of their first mention."""
    keys = ("color", "marker", "linestyle")
    found = zip(*map(itertools.cycle, (PALETTE, _MARKERS, _DASHES)), strict=False)
    return {name: dict(zip(keys, look, strict=True)) for name, look in zip(dict.fromkeys(names), found, strict=False)}


def write_titles(axes: Axes, size: tuple[float, float], title: str = "", xlabel: str = "", ylabel: str = "") -> None:
    """Writes a panel's title and the labels of its axes, broken to its size: width and height in inches."""
    width, height = size
    axes.set_title(textwrap.fill(title, max(12, int(width / _BOLD_CHARACTER))))
    axes.set_xlabel(textwrap.fill(xlabel, max(12, int(width / _CHARACTER))))
    axes.set_ylabel(textwrap.fill(ylabel, max(12, int(height / _CHARACTER))))


def text_width(text: str) -> float:
    """About how many inches a text of 9 points takes, rather more than fewer."""
    return _CHARACTER * max(len(line) for line in text.split("\n"))


def round_ticks(count: int) -> MaxNLocator:
    """Chooses at most ``count`` + 1 ticks, at round numbers."""
    return MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10])


def limits(values: Sequence[float], ends: Sequence[float] = (), reach: float = 0.0) -> tuple[float, float]:
    """Computes the limits of an axis.

    Args:
        values: at least one; there is room for all of them.
        ends: of their intervals.
        reach: how far these may widen the axis to either side, in ranges of the values.

    Returns:
        The lower and the upper limit, with padding.
    """
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    low, high = max(min([low, *ends]), low - reach * span), min(max([high, *ends]), high + reach * span)
    padding = _PADDING * max(high - low, span)
    return low - padding, high + padding
