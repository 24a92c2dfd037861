"""The figure of `payoff`: how good the best generator so far is, against all that was spent until then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import blended_transform_factory
from numpy.typing import NDArray

from autogan_core.ablations.equal_cost.payoff_tables import macs_unit
from autogan_core.ablations.figures.layout import LIGHT, Key, render_with_legend, round_ticks
from autogan_core.report.figures.style import GREY, PALETTE

_HEIGHT = 4.3
"""Inches, without the legend."""
_AXES = 3.5
"""About the height of the axes."""
_LINE = 0.155
"""Inches between two names at least."""
_BAND = 0.13
"""Opacity."""
_INK = "#222222"
"""The colour of names: readable beside colours that are not."""
_Style = dict[str, Any]

_STYLES: tuple[_Style, ...] = (
    {"color": PALETTE[0], "linewidth": 2.8, "linestyle": "-", "zorder": 6},
    {"color": PALETTE[5], "linewidth": 2.0, "linestyle": "-", "zorder": 5},
    {"color": PALETTE[1], "linewidth": 2.0, "linestyle": "-", "zorder": 5},
    {"color": PALETTE[2], "linewidth": 2.0, "linestyle": "-", "zorder": 5},
    {"color": PALETTE[3], "linewidth": 1.3, "linestyle": "-", "zorder": 4},
    {"color": PALETTE[3], "linewidth": 1.3, "linestyle": (0, (5, 2)), "zorder": 4},
    {"color": PALETTE[3], "linewidth": 1.3, "linestyle": (0, (1.5, 1.5)), "zorder": 4},
    {"color": PALETTE[4], "linewidth": 1.3, "linestyle": (0, (5, 2)), "zorder": 4},
    {"color": GREY, "linewidth": 1.3, "linestyle": "-", "zorder": 3},
    {"color": GREY, "linewidth": 1.3, "linestyle": (0, (1.5, 1.5)), "zorder": 3},
)
"""The styles of the lines in their order: the first is ours, and the main rivals follow."""
_BANDED = 4
"""So many of the first lines have a band; those of the others would cover each other."""


@dataclass(frozen=True, slots=True)
class SeedLine:
    """One arm on one seed."""

    points: tuple[tuple[float, float], ...]
    """Multiply-accumulates spent, rising, and the FID of the best generator at that moment, positive; at least one."""
    total: float
    """Multiply-accumulates in the end."""
    searched: float = 0.0
    """Multiply-accumulates before the first training."""


@dataclass(frozen=True, slots=True)
class ArmLine:
    """One arm, on every seed on which it has a generator to show."""

    name: str
    seeds: tuple[SeedLine, ...]


def payoff_figure(lines: Sequence[ArmLine], title: str, description: str) -> str:
    """A line for each arm: the geometric mean over its seeds, from when all of them have a generator.

    Args:
        lines: ours first, then those to compare it with, the most important ones first; each with at least one seed.
        title: what the vertical axis shows.
        description: in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    styles = [dict(_STYLES[min(place, len(_STYLES) - 1)]) for place in range(len(lines))]
    longest = max(seed.total for line in lines for seed in line.seeds)
    scale, unit = macs_unit(longest)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_yscale("log")
        curves = [mean_curve(line, scale) for line in lines]
        for place, (curve, look) in enumerate(zip(curves, styles, strict=True)):
            _draw(axes, curve, look, banded=place < _BANDED)
        right = max(float(curve.x[-1]) for curve in curves) * 1.01
        axes.set_xlim(0, right)
        _style(axes, curves)
        _draw_searches(axes, lines, styles, scale)
        axes.set_xlabel(f"total cost, {unit} multiply-accumulates: search, training and scoring")
        axes.set_title(title)
        _name_lines(axes, lines, curves, styles, right)

    keys: list[Key] = [Line2D([], [], color=GREY, linewidth=2, label="geometric mean over the seeds")]
    if any(len(line.seeds) > 1 for line in lines[:_BANDED]):
        keys.append(Patch(color=GREY, alpha=2 * _BAND, linewidth=0, label="all seeds"))
    if any(seed.searched for line in lines for seed in line.seeds):
        keys.append(Line2D([], [], color=GREY, linewidth=5, alpha=0.5, label="searching: no generator yet"))
    return render_with_legend(draw, _HEIGHT, keys, description)


@dataclass(frozen=True, slots=True)
class MeanCurve:
    """An arm over all its seeds. Between two places nothing changes."""

    x: NDArray[np.float64]
    """Rising places."""
    middle: NDArray[np.float64]
    """Geometric means."""
    low: NDArray[np.float64]
    """FID of the best seed at each place."""
    high: NDArray[np.float64]
    """FID of the worst seed at each place."""


def mean_curve(line: ArmLine, scale: float) -> MeanCurve:
    """Averages the curves of an arm's seeds.

    The curve has a point wherever a seed's generator improves, from when all seeds have a generator to the mean end.

    Args:
        line: an arm.
        scale: multiply-accumulates in a unit of x.

    Returns:
        x in units of ``scale``, the geometric mean of the seeds' FIDs, and their lowest and highest FID.
    """
    start = max(seed.points[0][0] for seed in line.seeds)
    end = float(np.mean([seed.total for seed in line.seeds]))
    places = {x for seed in line.seeds for x, _ in seed.points if start <= x <= end} | {start, max(start, end)}
    x = np.array(sorted(places))
    fids = np.array([[_at(seed, place) for place in x] for seed in line.seeds])
    return MeanCurve(x / scale, np.exp(np.log(fids).mean(axis=0)), fids.min(axis=0), fids.max(axis=0))


def _at(seed: SeedLine, place: float) -> float:
    return min(fid for x, fid in seed.points if x <= place)


def _draw(axes: Axes, curve: MeanCurve, look: _Style, *, banded: bool) -> None:
    if banded:
        axes.fill_between(curve.x, curve.low, curve.high, step="post", color=look["color"], alpha=_BAND, linewidth=0)
    axes.step(curve.x, curve.middle, where="post", solid_joinstyle="round", **look)
    end: _Style = {
        "marker": "o",
        "markersize": 1.6 * look["linewidth"] + 1.5,
        "markeredgecolor": "white",
        "clip_on": False,
    }
    axes.plot(curve.x[-1], curve.middle[-1], color=look["color"], zorder=look["zorder"] + 10, **end)


def _style(axes: Axes, curves: Sequence[MeanCurve]) -> None:
    low, high = min(float(np.min(c.low)) for c in curves), max(float(np.max(c.middle)) for c in curves)
    margin = (high / low) ** 0.05
    axes.set_ylim(low / margin**2.5, high * margin)  # the searches lie below
    wide = high / low > 30
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if wide else (1, 1.5, 2, 3, 4, 5, 7)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(round_ticks(8))
    axes.grid(color=LIGHT, linewidth=0.7)
    axes.set_axisbelow(True)


def _draw_searches(axes: Axes, lines: Sequence[ArmLine], styles: Sequence[_Style], scale: float) -> None:
    """A bar at the bottom for every arm that searches, as long as its search."""
    place = blended_transform_factory(axes.transData, axes.transAxes)
    searching = [(line, look) for line, look in zip(lines, styles, strict=True) if any(s.searched for s in line.seeds)]
    for row, (line, look) in enumerate(reversed(searching)):
        end = float(np.mean([seed.searched for seed in line.seeds])) / scale
        height = 0.018 + 0.028 * row
        bar: _Style = {"linewidth": 5, "alpha": 0.5, "solid_capstyle": "butt", "transform": place, "zorder": 7}
        axes.plot([0, end], [height, height], color=look["color"], **bar)


def _name_lines(
    axes: Axes, lines: Sequence[ArmLine], curves: Sequence[MeanCurve], styles: Sequence[_Style], right: float
) -> None:
    """Names and last values at the lines' ends, moved apart where they would cover each other."""
    bottom, top = (math.log(limit) for limit in axes.get_ylim())
    inches = _AXES / (top - bottom)
    heights = [(math.log(float(curve.middle[-1])) - bottom) * inches for curve in curves]
    places = [math.exp(bottom + height / inches) for height in moved_apart(heights, _LINE, 0.04, _AXES)]
    for line, curve, look, y in zip(lines, curves, styles, places, strict=True):
        end, value = float(curve.x[-1]), float(curve.middle[-1])
        leader = {**look, "linewidth": look["linewidth"] / 2, "alpha": 0.8, "clip_on": False}
        axes.plot([end, *(right * (1 + reach) for reach in (0.03, 0.05))], [value, y, y], **leader)
        ours = {"color": look["color"], "fontweight": "bold"} if look is styles[0] else {"color": _INK}
        text = f"{line.name}  {value:.{1 if value >= 10 else 2}f}"
        axes.text(right * 1.058, y, text, va="center", ha="left", fontsize=8.5, **ours)
    axes.set_xlim(0, right)


def moved_apart(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Moves heights apart; those that are close are spread around their mean.

    Args:
        heights: where they would be.
        gap: between neighbours.
        low: the lowest that there may be.
        high: the highest, if there is room for all.

    Returns:
        Heights in the same order, any two at least ``gap`` apart.
    """
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    blocks: list[list[float]] = []  # sum of wished bottoms, count
    for i in order:
        blocks.append([heights[i], 1.0])
        while len(blocks) > 1 and _end(blocks[-2], gap, low, high) > _start(blocks[-1], gap, low, high):
            total, count = blocks.pop()
            former = blocks[-1]
            former[0] += total - former[1] * gap * count
            former[1] += count
    placed = [0.0] * len(heights)
    indices = iter(order)
    for block in blocks:
        for row in range(int(block[1])):
            placed[next(indices)] = _start(block, gap, low, high) + row * gap
    return placed


def _start(block: list[float], gap: float, low: float, high: float) -> float:
    total, count = block
    return max(low, min(total / count, high - (count - 1) * gap))


def _end(block: list[float], gap: float, low: float, high: float) -> float:
    return _start(block, gap, low, high) + block[1] * gap
