"""Panels with a cloud of points for each of several groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from autogan_core.ablations.figures.layout import LIGHT, Key, Look, limits, looks, text_width, write_titles

_NOTE_HEIGHT = 0.13
"""Height of a note with its margin, as a fraction of the axes."""


@dataclass(frozen=True, slots=True)
class ScatterGroup:
    """Points of one origin, such as a seed; at least one."""

    name: str
    points: tuple[tuple[float, float], ...]
    """Places (x, y)."""


@dataclass(frozen=True, slots=True)
class ScatterPanel:
    """Axes with the points of several groups, at least one."""

    title: str
    xlabel: str
    ylabel: str
    groups: tuple[ScatterGroup, ...]
    note: str
    """A line such as ``Spearman 0.78 [0.51, 0.91]``, for the emptiest corner."""


def draw_scatter(axes: Axes, panel: ScatterPanel, size: tuple[float, float]) -> None:
    """Draws a panel into empty axes of a width and a height in inches."""
    styles = looks(group.name for group in panel.groups)
    points = np.array([point for group in panel.groups for point in group.points])
    axes.set(xlim=limits(points[:, 0].tolist()), ylim=limits(points[:, 1].tolist()))
    write_titles(axes, size, panel.title, panel.xlabel, panel.ylabel)
    axes.grid(color=LIGHT, linewidth=0.7)
    for group in panel.groups:
        axes.plot(*zip(*group.points, strict=True), **_dot(styles[group.name]))
    _write_note(axes, panel.note, points, size[0])


def scatter_keys(groups: Sequence[ScatterGroup]) -> list[Key]:
    """What the legend of these groups explains."""
    return [Line2D([], [], **_dot(look), label=name) for name, look in looks(g.name for g in groups).items()]


def _dot(look: Look) -> Look:
    return {**look, "linestyle": "", "markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.6, "alpha": 0.9}


def _write_note(axes: Axes, note: str, points: NDArray[np.float64], width: float) -> None:
    """Into the corner with the fewest points, with more room where these are some. The limits must have been set."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    places = (points - (left, bottom)) / (right - left, top - bottom)
    reach = (text_width(note) / width + 0.03, _NOTE_HEIGHT)
    corners = [(0, 1), (1, 0), (1, 1), (0, 0)]  # a rising cloud leaves the first two free
    taken = [int(np.sum((abs(places - corner) < reach).all(axis=1))) for corner in corners]
    x, y = corners[taken.index(min(taken))]
    if min(taken):
        room = _NOTE_HEIGHT * (top - bottom)
        axes.set_ylim(bottom - room * (1 - y), top + room * y)
    place = (x + 0.015 * (1 - 2 * x), y + 0.03 * (1 - 2 * y))
    align: dict[str, Any] = {"ha": ("left", "right")[x], "va": ("bottom", "top")[y]}
    axes.text(*place, note, transform=axes.transAxes, bbox={"color": "white", "pad": 1.5}, **align)
