"""The ablations' figures, each as one ``<svg>`` element: curves of several seeds, and those of `rows`.

Whatever a legend tells apart differs in colour and marker, and lines in their dashes, so that no reader depends on one
of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from autogan_core.ablations.figures.layout import (
    LIGHT,
    Key,
    Look,
    limits,
    looks,
    render_with_legend,
    round_ticks,
    write_titles,
)
from autogan_core.ablations.figures.rows import Bar, BarPanel, ShareRow, intervals_figure, shares_figure
from autogan_core.ablations.pages.statistics import Estimate, mean
from autogan_core.report.figures.style import GREY, WIDTH

__all__ = [
    "Bar",
    "BarPanel",
    "Curve",
    "CurvePanel",
    "ShareRow",
    "curves_figure",
    "intervals_figure",
    "shares_figure",
]

Points = tuple[tuple[float, float], ...]
"""Places (x, y)."""
_BORDER: Look = {"color": GREY, "linewidth": 0.8, "linestyle": (0, (4, 3))}
_BAND = 0.16
"""Opacity of an interval."""
_MAX_MARKERS = 10
"""Markers on a curve; more would run into each other."""
_HEIGHT = 3.2
"""Height in inches, without the legend."""
_BAND_REACH = 0.15
"""How far intervals may widen a panel to either side, as a fraction of its values' range."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One arm of a comparison, followed over iterations or time."""

    name: str
    runs: tuple[Points, ...]
    """A curve for each seed, by rising x; without points where nothing was measured."""

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
    styles = looks(curve.name for panel in panels for curve in panel.curves)
    width = WIDTH / len(panels) - 0.6  # without the y axis

    def draw(figure: Figure) -> None:
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw_curves(axes, panel, styles)
            write_titles(axes, (width, _HEIGHT - 0.6), panel.title, panel.xlabel, panel.ylabel)

    return render_with_legend(draw, _HEIGHT, _curve_keys(panels, styles), description)


def _curve_keys(panels: Sequence[CurvePanel], styles: dict[str, Look]) -> list[Key]:
    keys: list[Key] = [Line2D([], [], **look, markersize=5, label=name) for name, look in styles.items()]
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


def _draw_curves(axes: Axes, panel: CurvePanel, styles: dict[str, Look]) -> None:
    axes.grid(axis="y", color=LIGHT, linewidth=0.7)
    axes.set_axisbelow(True)
    for border in panel.borders:
        axes.axvline(border, **_BORDER, zorder=1)
    for place, curve in enumerate(panel.curves):
        means, look = _means(curve), styles[curve.name]
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


def _draw_mean(axes: Axes, means: dict[float, Estimate], look: Look, place: int) -> None:
    known = [(x, e.low, e.high) for x, e in means.items() if e.low is not None and e.high is not None]
    if known:
        places, lows, highs = zip(*known, strict=True)
        axes.fill_between(places, lows, highs, color=look["color"], alpha=_BAND, linewidth=0)
    values = [estimate.value for estimate in means.values()]
    axes.plot(list(means), values, **look, linewidth=1.9, markersize=5, zorder=3, **_spaced(len(means), place))


def _spaced(count: int, place: int) -> Look:
    """Markers at few of the points, and not of all curves at the same ones."""
    step = -(-count // _MAX_MARKERS)
    return {"markevery": (place * step // 3 % step, step)}
