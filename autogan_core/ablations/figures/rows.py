"""Figures with a row for each contender or choice: a dot, its interval as a line, and what to compare it with."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import CARETLEFT, CARETRIGHT
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from autogan_core.ablations.figures.layout import (
    LIGHT,
    LINE,
    Key,
    limits,
    render_with_legend,
    round_ticks,
    text_width,
    write_titles,
)
from autogan_core.ablations.pages.statistics import Estimate
from autogan_core.report.figures.style import GREY, PALETTE, WIDTH

_Look = dict[str, Any]
"""Style arguments by matplotlib's names."""

_BLUE, _ORANGE = PALETTE[:2]
_MEAN: _Look = {"color": _BLUE, "marker": "o", "markersize": 6, "markeredgewidth": 1.4}
_HOLLOW: _Look = {**_MEAN, "markerfacecolor": "white"}
_SEED: _Look = {"color": GREY, "marker": "o", "linestyle": "", "markersize": 3.4, "alpha": 0.8, "markeredgewidth": 0}
_REFERENCE: _Look = {"color": PALETTE[6], "linewidth": 1.2, "linestyle": (0, (1, 1.5))}
_UNIFORM: _Look = {"color": _ORANGE, "marker": "|", "linestyle": "", "markersize": 12, "markeredgewidth": 2}
_BELOW = 0.3
"""Rows from a mean down to its seeds' values."""
_WIDE = 20
"""Positive values whose largest is this many times their smallest stand on a logarithmic axis."""
_REACH = 1.0
"""How far intervals may widen a panel to either side, as a fraction of its values' range."""
_LOG_REACH = 0.25
"""The same on a logarithmic axis, where a range is powers of ten."""
_TICK = 0.45
"""Inches from one tick to the next, at least."""
_NAME_CHARACTERS = 26
_LABEL_CHARACTERS = 52


@dataclass(frozen=True, slots=True)
class Bar:
    """A contender's values, one for each seed, and their mean; no values, and no interval, where one was published."""

    name: str
    values: tuple[float, ...]
    estimate: Estimate

    @property
    def ends(self) -> tuple[float, ...]:
        """The ends of the interval, if there is one."""
        low, high = self.estimate.low, self.estimate.high
        return () if low is None or high is None else (low, high)


@dataclass(frozen=True, slots=True)
class BarPanel:
    """One quantity of several contenders, at least one."""

    title: str
    xlabel: str
    bars: tuple[Bar, ...]
    reference: float | None = None
    """A value to compare with, as a dotted line; the caption says which."""

    @property
    def values(self) -> list[float]:
        """All that must be seen."""
        references = [] if self.reference is None else [self.reference]
        return references + [value for bar in self.bars for value in (*bar.values, bar.estimate.value)]

    @property
    def logarithmic(self) -> bool:
        """Whether the values differ too much for an even scale."""
        return min(self.values) > 0 and max(self.values) > _WIDE * min(self.values)

    @property
    def limits(self) -> tuple[float, float]:
        """The limits of the axis."""
        ends = [end for bar in self.bars for end in bar.ends]
        if not self.logarithmic:
            return limits(self.values, ends, _REACH)
        logs = [math.log10(end) if end > 0 else -math.inf for end in ends]
        low, high = limits([math.log10(value) for value in self.values], logs, _LOG_REACH)
        return 10**low, 10**high


@dataclass(frozen=True, slots=True)
class ShareRow:
    """How often a choice was made."""

    label: str
    """Such as ``up-sampling: nearest``. Rows stand closer together where their labels are equal up to the colon."""
    estimate: Estimate
    """Share, 0 to 1."""
    uniform: float
    """Share under uniform choices, 0 to 1."""


def intervals_figure(panels: Sequence[BarPanel], description: str) -> str:
    """A row for every contender: the mean over its seeds with its 95 % interval, and each seed's value.

    The axes fit the values: an interval that is much wider than these ends in an arrow. Where positive values differ
    twentyfold, the axis is logarithmic and says so.

    Args:
        panels: side by side, one to three, with the same rows: what a panel lacks leaves its row empty there.
        description: in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    names = list(dict.fromkeys(bar.name for panel in panels for bar in panel.bars))
    labels = row_labels(names)
    width = (WIDTH - max(map(text_width, labels))) / len(panels) - 0.2
    lines = max(2, *(label.count("\n") + 1 for label in labels))
    height = 0.9 + LINE * lines * len(names)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for axes, panel in zip(grid, panels, strict=True):
            draw_panel(axes, panel, names, width)
            xlabel = panel.xlabel + (", logarithmic" if panel.logarithmic else "")
            write_titles(axes, (width, height), panel.title, xlabel)
            name_rows(axes, range(len(names)), labels)

    return render_with_legend(draw, height, bar_keys(panels), description)


def shares_figure(rows: Sequence[ShareRow], xlabel: str, description: str) -> str:
    """A row for every choice: its share with its 95 % interval, in %, and a tick at the share of uniform choices.

    Args:
        rows: from top to bottom, at least one.
        xlabel: what 100 % are.
        description: in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    groups = [row.label.partition(":")[0] for row in rows]
    gaps = itertools.accumulate((a != b for a, b in itertools.pairwise(groups)), initial=0)
    places = [i + 0.5 * gap for i, gap in enumerate(gaps)]
    labels = [textwrap.fill(row.label, _LABEL_CHARACTERS) for row in rows]
    lines = max(1.5, *(label.count("\n") + 1 for label in labels))
    width, height = WIDTH - max(map(text_width, labels)), 0.6 + LINE * lines * (places[-1] + 1)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_xlim(-1, 101)
        write_titles(axes, (width, height), xlabel=xlabel)
        for place, row in zip(places, rows, strict=True):
            axes.plot(100 * row.uniform, place, **_UNIFORM)
            shown = _percent(row.estimate)
            _draw_estimate(axes, place, shown, _MEAN if row.estimate.excludes(row.uniform) else _HOLLOW)
        name_rows(axes, places, labels)

    return render_with_legend(draw, height, _share_keys(), description)


def row_labels(names: Sequence[str], characters: int = _NAME_CHARACTERS) -> list[str]:
    """The names of rows, broken into lines of so many characters."""
    return [textwrap.fill(name, characters) for name in names]


def _percent(share: Estimate) -> Estimate:
    low, high = (None if end is None else 100 * end for end in (share.low, share.high))
    return Estimate(100 * share.value, low, high, share.count)


def _share_keys() -> list[Key]:
    return [
        Line2D([], [], **_MEAN, label="share; its 95 % interval excludes the uniform one"),
        Line2D([], [], **_HOLLOW, label="share; not told apart from it"),
        Line2D([], [], **_UNIFORM, label="uniform share"),
    ]


def bar_keys(panels: Sequence[BarPanel]) -> list[Key]:
    """What the legend of these panels explains."""
    bars = [(bar, panel.limits) for panel in panels for bar in panel.bars]
    cut = any(end < low or end > high for bar, (low, high) in bars for end in bar.ends)
    keys = (
        (any(bar.ends for bar, _ in bars), _MEAN, "mean and its 95 % interval"),
        (cut, {"color": _BLUE, "marker": ">", "markersize": 5}, "the interval goes on"),
        (not all(bar.ends for bar, _ in bars), {**_HOLLOW, "linestyle": ""}, "one value, no interval"),
        (any(len(bar.values) > 1 for bar, _ in bars), _SEED, "one seed"),
        (any(panel.reference is not None for panel in panels), _REFERENCE, "reference"),
    )
    return [Line2D([], [], **look, label=label) for shown, look, label in keys if shown]


def draw_panel(axes: Axes, panel: BarPanel, names: Sequence[str], width: float) -> None:
    """Draws a panel's rows.

    Args:
        axes: empty.
        panel: what to draw.
        names: of the figure's rows, from top to bottom, the panel's among them.
        width: of the axes, in inches.
    """
    if panel.logarithmic:
        _make_logarithmic(axes, max(panel.values) / min(panel.values))
    else:
        axes.xaxis.set_major_locator(round_ticks(min(10, int(width / _TICK))))
    axes.set_xlim(panel.limits)
    if panel.reference is not None:
        axes.axvline(panel.reference, **_REFERENCE, zorder=1)
    for bar in panel.bars:
        row = names.index(bar.name)
        if len(bar.values) > 1:
            axes.plot(bar.values, [row + _BELOW] * len(bar.values), **_SEED)
        _draw_estimate(axes, row, bar.estimate, _MEAN if bar.ends else _HOLLOW)


def _make_logarithmic(axes: Axes, ratio: float) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if ratio < 300 else (1,)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _draw_estimate(axes: Axes, row: float, estimate: Estimate, look: _Look) -> None:
    """A dot, and its interval as far as the axis goes; an arrow where it goes on."""
    if estimate.low is not None and estimate.high is not None:
        left, right = axes.get_xlim()
        axes.plot([max(left, estimate.low), min(right, estimate.high)], [row, row], color=_BLUE, linewidth=1.8)
        ends = ((left, CARETLEFT, estimate.low < left), (right, CARETRIGHT, estimate.high > right))
        for edge, marker, beyond in ends:
            if beyond:
                axes.plot(edge, row, marker=marker, color=_BLUE, markersize=6, markeredgewidth=0, clip_on=False)
    axes.plot(estimate.value, row, **{**look, "linestyle": ""}, zorder=4)


def name_rows(axes: Axes, places: Sequence[float], labels: Sequence[str]) -> None:
    """Labels rows at their places, from top to bottom."""
    axes.set_yticks(list(places), labels)
    axes.set_ylim(places[-1] + 0.6, places[0] - 0.5)  # from top to bottom
    axes.tick_params(axis="y", length=0, labelsize=9)
    axes.grid(color=LIGHT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
