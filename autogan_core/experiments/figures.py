"""The experiments' figures, each as one ``<svg>`` element: curves of several seeds, a scatter, and those of `rows`.

Whatever a legend tells apart differs in colour and marker, and lines in their dashes, so that no reader depends on one
of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from autogan_core.experiments.layout import (
    LIGHT,
    Key,
    limits,
    render_with_legend,
    round_ticks,
    text_width,
    write_titles,
)
from autogan_core.experiments.rows import Bar, BarPanel, ShareRow, intervals_figure, shares_figure
from autogan_core.experiments.statistics import Estimate, mean
from autogan_core.report.style import GREY, PALETTE, WIDTH

__all__ = [
    "Bar",
    "BarPanel",
    "Curve",
    "CurvePanel",
    "ScatterGroup",
    "ShareRow",
    "curves_figure",
    "intervals_figure",
    "scatter_figure",
    "shares_figure",
]

Points = tuple[tuple[float, float], ...]
"""Places (x, y)."""
_Look = dict[str, Any]
"""Colour, marker and dashes, as matplotlib names them."""

_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", "--", ":", "-.")
_BORDER: _Look = {"color": GREY, "linewidth": 0.8, "linestyle": (0, (4, 3))}
_BAND = 0.16
"""Opacity of an interval."""
_MAX_MARKERS = 10
"""On a curve; more run into each other."""
_HEIGHT = 3.2
"""Of curves, and of a scatter, in inches without the legend."""
_SCATTER_HEIGHT = 3.9
_BAND_REACH = 0.15
"""Of the range of a panel's values: by how much their intervals may widen it to either side."""
_NOTE_HEIGHT = 0.13
"""Of the axes, with a margin."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One arm of a comparison, followed over iterations or time."""

    name: str
    runs: tuple[Points, ...]
    """Of every seed, by rising x; without points where nothing was measured."""

    @property
    def drawn(self) -> tuple[Points, ...]:
        """The runs that have points."""
        return tuple(run for run in self.runs if run)


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """Axes with the curves of several arms."""

    title: str
    xlabel: str
    ylabel: str
    curves: tuple[Curve, ...]
    borders: tuple[float, ...] = ()
    """Places on x where another stage of the search begins."""


@dataclass(frozen=True, slots=True)
class ScatterGroup:
    """Points of one origin, such as a seed; at least one."""

    name: str
    points: Points


def curves_figure(panels: Sequence[CurvePanel], description: str) -> str:
    """Every seed as a thin line; where seeds share their places on x, their mean in bold and its interval shaded.

    Where they do not, as on a time axis, the thin lines carry the markers. The axes fit the lines: an interval that is
    much wider than these runs out of its panel.

    Args:
        panels: side by side, one to three, with one legend.
        description: in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    looks = _looks(curve.name for panel in panels for curve in panel.curves)
    width = WIDTH / len(panels) - 0.6  # without the y axis

    def draw(figure: Figure) -> None:
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw_curves(axes, panel, looks)
            write_titles(axes, (width, _HEIGHT - 0.6), panel.title, panel.xlabel, panel.ylabel)

    return render_with_legend(draw, _HEIGHT, _curve_keys(panels, looks), description)


def scatter_figure(groups: Sequence[ScatterGroup], xlabel: str, ylabel: str, note: str, description: str) -> str:
    """Points, and the line y = x where x and y have some of their range in common.

    Args:
        groups: at least one.
        xlabel: with its unit or protocol.
        ylabel: likewise.
        note: a line such as ``Spearman 0.78 [0.51, 0.91]``, for the emptiest corner.
        description: in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    looks = _looks(group.name for group in groups)
    x, y = zip(*(point for group in groups for point in group.points), strict=True)
    keys: list[Key] = [Line2D([], [], **_dot(look), label=name) for name, look in looks.items()]
    identity = max(min(x), min(y)) < min(max(x), max(y))
    if identity:
        keys.append(Line2D([], [], **_BORDER, label="y = x"))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set(xlim=limits(x), ylim=limits(y))
        write_titles(axes, (WIDTH - 1, _SCATTER_HEIGHT - 0.6), xlabel=xlabel, ylabel=ylabel)
        axes.grid(color=LIGHT, linewidth=0.7)
        for group in groups:
            axes.plot(*zip(*group.points, strict=True), **_dot(looks[group.name]))
        if identity:
            axes.axline((min(x), min(x)), slope=1, **_BORDER, zorder=1)
        _write_note(axes, note, np.column_stack((x, y)))

    return render_with_legend(draw, _SCATTER_HEIGHT, keys, description)


def _looks(names: Iterable[str]) -> dict[str, _Look]:
    """A look for every name, in the order of their first mention."""
    keys = ("color", "marker", "linestyle")
    looks = zip(*map(itertools.cycle, (PALETTE, _MARKERS, _DASHES)), strict=False)
    return {name: dict(zip(keys, look, strict=True)) for name, look in zip(dict.fromkeys(names), looks, strict=False)}


def _dot(look: _Look) -> _Look:
    return {**look, "linestyle": "", "markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.6, "alpha": 0.9}


def _curve_keys(panels: Sequence[CurvePanel], looks: dict[str, _Look]) -> list[Key]:
    keys: list[Key] = [Line2D([], [], **look, markersize=5, label=name) for name, look in looks.items()]
    curves = [curve for panel in panels for curve in panel.curves]
    if any(len(curve.drawn) > 1 and _means(curve) for curve in curves):
        keys.append(Line2D([], [], color=GREY, linewidth=0.8, alpha=0.6, label="one seed"))
        keys.append(Patch(color=GREY, alpha=_BAND, linewidth=0, label="95 % interval of the mean"))
    if any(panel.borders for panel in panels):
        keys.append(Line2D([], [], **_BORDER, label="stage border"))
    return keys


def _means(curve: Curve) -> dict[float, Estimate]:
    """The mean over the seeds at every x that they share; nothing where they share none, or by chance one alone."""
    runs = [dict(run) for run in curve.drawn]
    shared = sorted(set(runs[0]).intersection(*runs[1:])) if runs else []
    if len(shared) < 2 and any(len(run) > 1 for run in runs[1:]):
        return {}
    return {x: mean([run[x] for run in runs]) for x in shared}


def _draw_curves(axes: Axes, panel: CurvePanel, looks: dict[str, _Look]) -> None:
    axes.grid(axis="y", color=LIGHT, linewidth=0.7)
    axes.set_axisbelow(True)
    for border in panel.borders:
        axes.axvline(border, **_BORDER, zorder=1)
    for place, curve in enumerate(panel.curves):
        means, look = _means(curve), looks[curve.name]
        if means:
            _draw_mean(axes, means, look, place)
        for run in curve.drawn if len(curve.drawn) > 1 else ():
            thin = {"marker": "", "linestyle": "-", "alpha": 0.4} if means else {"markersize": 3.5, "alpha": 0.8}
            axes.plot(*zip(*run, strict=True), **{**look, "linewidth": 0.8, **thin, **_spaced(len(run), place)})
    ends = [end for curve in panel.curves for e in _means(curve).values() for end in (e.low, e.high) if end is not None]
    values = [y for curve in panel.curves for run in curve.drawn for _, y in run]
    if values:
        axes.set_ylim(limits(values, ends, _BAND_REACH))
    axes.xaxis.set_major_locator(round_ticks(7))


def _draw_mean(axes: Axes, means: dict[float, Estimate], look: _Look, place: int) -> None:
    known = [(x, e.low, e.high) for x, e in means.items() if e.low is not None and e.high is not None]
    if known:
        places, lows, highs = zip(*known, strict=True)
        axes.fill_between(places, lows, highs, color=look["color"], alpha=_BAND, linewidth=0)
    values = [estimate.value for estimate in means.values()]
    axes.plot(list(means), values, **look, linewidth=1.9, markersize=5, zorder=3, **_spaced(len(means), place))


def _spaced(count: int, place: int) -> _Look:
    """Markers at few of the points, and not of all curves at the same ones."""
    step = -(-count // _MAX_MARKERS)
    return {"markevery": (place * step // 3 % step, step)}


def _write_note(axes: Axes, note: str, points: NDArray[np.float64]) -> None:
    """Into the corner with the fewest points, with more room where these are some. The limits must have been set."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    places = (points - (left, bottom)) / (right - left, top - bottom)
    reach = (text_width(note) / (WIDTH - 1) + 0.03, _NOTE_HEIGHT)
    corners = [(0, 1), (1, 0), (1, 1), (0, 0)]  # a rising cloud leaves the first two free
    taken = [int(np.sum((abs(places - corner) < reach).all(axis=1))) for corner in corners]
    x, y = corners[taken.index(min(taken))]
    if min(taken):
        room = _NOTE_HEIGHT * (top - bottom)
        axes.set_ylim(bottom - room * (1 - y), top + room * y)
    place = (x + 0.015 * (1 - 2 * x), y + 0.03 * (1 - 2 * y))
    align: dict[str, Any] = {"ha": ("left", "right")[x], "va": ("bottom", "top")[y]}
    axes.text(*place, note, transform=axes.transAxes, bbox={"color": "white", "pad": 1.5}, **align)
