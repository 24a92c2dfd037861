"""The figure of a successive halving: FID against generator steps, one line for each architecture of the pool."""

from __future__ import annotations

import itertools

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator, StrMethodFormatter

from autogan_core.report.figures.style import GREY, PALETTE, render
from autogan_core.report.results.ladder import LadderEntry, LadderResult

_DASHES = {"incumbent": "--", "given": "-", "beam": "-", "candidate": ":"}


def ladder_figure(ladder: LadderResult) -> str | None:
    """Plots the validation FID of every entrant over its training.

    Finalists are drawn thick and in colour, incumbents are named wherever they fell out, the others are grey.

    Returns:
        An SVG element; None when nothing was validated.
    """
    if not any(entry.curve for entry in ladder.entries):
        return None

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for end in ladder.iterations:
            axes.axvline(end, color="#e4e4e0", linewidth=0.8, zorder=0)
        colors = itertools.cycle(PALETTE)
        for entry in reversed(ladder.entries):  # the best on top
            _draw_line(axes, entry, next(colors) if entry.finalist or _named(entry) else GREY)
        axes.set(xlabel="generator iterations", ylabel="validation FID (lower is better)")
        axes.set(xscale="log", yscale="log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ladder.iterations, [f"{end:,}" for end in ladder.iterations])
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=3)

    return render(draw, 3.8, "Validation FID of every architecture of the pool over its training")


def _named(entry: LadderEntry) -> bool:
    return entry.origin == "incumbent" or entry.name != str(entry.architecture)


def _draw_line(axes: Axes, entry: LadderEntry, color: str) -> None:
    if not entry.curve:
        return
    told = entry.finalist or _named(entry)
    steps, fids = zip(*entry.curve, strict=True)
    axes.plot(
        steps,
        fids,
        _DASHES.get(entry.origin, "-"),
        color=color,
        linewidth=2.4 if entry.finalist else 1.2,
        alpha=1.0 if told else 0.6,
        marker="o",
        markersize=3,
        label=f"{entry.name} ({entry.origin}): {entry.fate}" if told else None,
        zorder=3 if entry.finalist else 2,
    )
    end = {"fell out": "x", "diverged": "X"}.get(entry.outcome)
    if end is not None:
        axes.plot(steps[-1], fids[-1], end, color=color, markersize=7, zorder=3)
