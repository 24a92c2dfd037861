"""The report's figures, each as one ``<svg>`` element."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autogan_core.config import ModelConfig
from autogan_core.history import Record
from autogan_core.metrics.protocols import LONG_NAMES, Kind, find_score
from autogan_core.operations import FAMILIES, Family, Operation
from autogan_core.report.figures.style import GREY, PALETTE, render
from autogan_core.report.results.observations import choice_shares, drawn_cells
from autogan_core.report.results.results import GeneratorResult, RunResults
from autogan_core.search_space import SearchSpace

_BLUE, _ORANGE, _PINK = PALETTE[0], PALETTE[1], PALETTE[3]
_DERIVE_SHADE = "#e9e9e4"
_MANY_SLOTS = 40
"""Number of slots from which the policy's lines carry no markers, which would run into each other."""
_HEADROOM = 1.28
"""Height of a panel over its largest value: room for the legend above the lines."""


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    lines: dict[str, str]
    """Choice -> its label."""


_LABELS = {"bn": "batch", "in": "instance", "cbn": "class", "gn": "group", "ln": "layer"}
"""Short names of operations; others have their words."""
_TITLES = {"norm": "Normalisation", "up": "Up-sampling", "kernel": "Convolution", "end": "End of the cell"}


def reward_figure(records: Sequence[Record], model: ModelConfig, reward: str) -> str | None:
    """Reward of every candidate over the search, with its mean and best in each iteration.

    Args:
        records: in the order of their slots.
        model: gives the resolution of each stage.
        reward: what the reward is, short, for the axis.

    Returns:
        None when no candidate was scored.
    """
    if not any(record.scored for record in records):
        return None

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _shade_derivations(axes, records)
        _draw_rewards(axes, records)
        _draw_events(axes, records)
        _label_stages(axes, records, model)
        axes.set(xlabel="search iteration", ylabel=f"reward: {reward}")
        _fit_slots(axes, records)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=7, markerscale=1.2)

    return render(draw, 3.6, "Reward of the candidates in every search iteration")


def policy_figure(results: RunResults) -> str | None:
    """Entropy of the policy, and the shares of its choices among each iteration's draws; None without any draws."""
    records = [record for record in results.records if record.assignment.training]
    if not records:
        return None

    def draw(figure: Figure) -> None:
        grid = figure.subplots(rows, 3, sharex=True).flatten()
        _draw_entropy(grid[0], results)
        for axes, panel in zip(grid[1:], panels, strict=False):
            _draw_shares(axes, records, panel, results.space)
        for axes in grid[len(panels) + 1 :]:
            axes.set_visible(False)
        for axes in grid[: len(panels) + 1]:
            _mark_borders(axes, results.records, top=1 / _HEADROOM)
            _fit_slots(axes, results.records)
        for axes in grid[len(panels) - 2 : len(panels) + 1]:
            axes.set_xlabel("search iteration")
            axes.tick_params(labelbottom=True)

    panels = _panels(results.space)
    rows = math.ceil((1 + len(panels)) / 3)
    return render(draw, 2.3 * rows, "Entropy of the policy and shares of its choices in every search iteration")


def training_figure(generators: Sequence[GeneratorResult]) -> str | None:
    """Validation scores over the retraining of each generator; None when nothing was validated."""
    if not any(find_score(point.scores, kind) for g in generators for point in g.curve for kind in LONG_NAMES):
        return None

    def draw(figure: Figure) -> None:
        handles: dict[str, Artist] = {}
        for axes, kind in zip(figure.subplots(1, 2), LONG_NAMES, strict=True):
            _draw_curves(axes, generators, kind)
            direction = "higher is better" if kind == "is" else "lower is better"
            axes.set(xlabel="generator iterations", title=f"{LONG_NAMES[kind]} ({direction})")
            axes.grid(axis="y", color="#e4e4e0", linewidth=0.7)
            lines, labels = axes.get_legend_handles_labels()
            handles |= dict(zip(labels, lines, strict=True))
        figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=3)

    return render(draw, 3.3, "Validation scores over the training of each generator")


def _draw_curves(axes: Axes, generators: Sequence[GeneratorResult], kind: Kind) -> None:
    styles = zip(itertools.cycle(PALETTE), itertools.cycle(("-", "--", ":", "-.")), strict=False)
    for generator, (color, dash) in zip(generators, styles, strict=False):
        points = [(p.iteration, s.value) for p in generator.curve if (s := find_score(p.scores, kind))]
        if not points:
            continue
        label = f"{generator.rank}: {generator.architecture}"
        axes.plot(*zip(*points, strict=True), dash, color=color, marker="o", markersize=3, label=label)
        for point in points:
            if point[0] == generator.best.iteration:
                axes.plot(*point, "o", color=color, markersize=9, fillstyle="none")


def _stages(records: Sequence[Record]) -> list[tuple[int, list[Record]]]:
    return [(stage, list(group)) for stage, group in itertools.groupby(records, lambda r: r.assignment.stage)]


def _shade_derivations(axes: Axes, records: Sequence[Record]) -> None:
    slots = [record.assignment.slot for record in records if record.assignment.phase == "derive"]
    for i, slot in enumerate(slots):
        label = "derivation" if i == 0 else None
        axes.axvspan(slot - 0.4, slot + 0.4, color=_DERIVE_SHADE, linewidth=0, label=label, zorder=0)


def _draw_rewards(axes: Axes, records: Sequence[Record]) -> None:
    dots = [(record.assignment.slot, reward) for record in records for _, reward in record.scored]
    slots, rewards = zip(*dots, strict=True)
    axes.scatter(slots, rewards, s=11, color=GREY, alpha=0.4, linewidths=0, label="candidate")
    # Rewards of different stages come from images of different sizes, so no line connects them.
    for i, (_, group) in enumerate(_stages(records)):
        scored = [(r.assignment.slot, [reward for _, reward in r.scored]) for r in group if r.scored]
        places = [slot for slot, _ in scored]
        for summary, name, color, marker in ((max, "best", _ORANGE, "^"), (fmean, "mean", _BLUE, "o")):
            values = [summary(found) for _, found in scored]
            axes.plot(places, values, color=color, marker=marker, markersize=4, label=None if i else name)


def _draw_events(axes: Axes, records: Sequence[Record]) -> None:
    events = (
        ("dynamic reset", "v", _PINK, [r for r in records if r.reset]),
        ("failed", "X", PALETTE[6], [r for r in records if r.failure is not None]),
    )
    for name, marker, color, marked in events:
        if marked:
            place = [record.assignment.slot for record in marked]
            foot = axes.get_xaxis_transform()
            axes.scatter(
                place, [0.04] * len(place), s=42, marker=marker, color=color, transform=foot, label=name, zorder=4
            )


def _label_stages(axes: Axes, records: Sequence[Record], model: ModelConfig) -> None:
    _mark_borders(axes, records)
    for stage, group in _stages(records):
        size = model.image_size_at(group[0].assignment.depth)
        axes.text(
            group[0].assignment.slot - 0.4,
            1.02,
            f"stage {stage + 1}: {size}×{size}",
            transform=axes.get_xaxis_transform(),
        )


def _mark_borders(axes: Axes, records: Sequence[Record], top: float = 1.0) -> None:
    for _, group in _stages(records)[1:]:
        axes.axvline(group[0].assignment.slot - 0.5, ymax=top, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))


def _fit_slots(axes: Axes, records: Sequence[Record]) -> None:
    axes.set_xlim(records[0].assignment.slot - 0.6, records[-1].assignment.slot + 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))


def _marker_size(records: Sequence[Record]) -> float:
    return 3 if len(records) < _MANY_SLOTS else 0


def _draw_entropy(axes: Axes, results: RunResults) -> None:
    for i, (stage, group) in enumerate(_stages(results.records)):
        slots = [r.assignment.slot for r in group]
        points = [(slot, results.entropy[slot]) for slot in slots if slot in results.entropy]
        maximum = results.max_entropy(stage)
        axes.plot(
            [slots[0] - 0.5, slots[-1] + 0.5], [maximum] * 2, ":", color=GREY, label=None if i else "maximum (uniform)"
        )
        if points:
            axes.plot(
                *zip(*points, strict=True),
                color=_BLUE,
                marker="o",
                markersize=_marker_size(results.records),
                label=None if i else "policy",
            )
    axes.set(title="Entropy", ylabel="nats")
    axes.set_ylim(0, _HEADROOM * max(results.max_entropy(stage) for stage, _ in _stages(results.records)))
    axes.legend(loc="upper left", ncols=2, borderaxespad=0)


def _panels(space: SearchSpace) -> list[_Panel]:
    """One for each choice: the paper's in any case, others where the space leaves one."""
    operations = {family: _operations(space, family) for family in FAMILIES}
    paper = [family for family in FAMILIES if len(family.paper) > 1]
    skips = {f"skip {i + 1}": f"from cell {i + 1}" for i in range(space.num_cells - 1)}
    return [
        _Panel("Convolution block", {"pre": "pre-activation"}),
        *(_Panel(_TITLES[family.name], operations[family]) for family in paper),
        _Panel("In-cell shortcut", {"shortcut": "shortcut"}),
        _Panel("Skips taken in", skips),
        *(
            _Panel(_TITLES[family.name], lines)
            for family, lines in operations.items()
            if family not in paper and len(lines) > 1
        ),
    ]


def _operations(space: SearchSpace, family: Family[Operation]) -> dict[str, str]:
    """The lines of a kind of operations that a space has."""
    words = [word for word in family if any(word in cell.options(family) for cell in space.cells)]
    return {f"{family.name} {word}": _LABELS.get(word, word) for word in words}


def _draw_shares(axes: Axes, records: Sequence[Record], panel: _Panel, space: SearchSpace) -> None:
    for _, group in _stages(records):
        ends = [group[0].assignment.slot - 0.5, group[-1].assignment.slot + 0.5]
        uniform = choice_shares(list(space.cells[group[0].assignment.depth - 1]))
        for share in {uniform[choice] for choice in panel.lines if choice in uniform}:
            axes.plot(ends, [100 * share] * 2, ":", color=GREY, linewidth=1)
    styles = zip((*PALETTE[:6],), ("-", "--", "-.") * 2, ("o", "s", "^", "v", "D", "x"), strict=True)
    size = _marker_size(records)
    for (choice, label), (color, dash, marker) in zip(panel.lines.items(), itertools.cycle(styles), strict=False):
        named = False
        for _, group in _stages(records):
            points = [(r.assignment.slot, choice_shares(drawn_cells(r)).get(choice)) for r in group]
            shown = [(slot, 100 * share) for slot, share in points if share is not None]
            if shown:
                text = None if named else label
                axes.plot(*zip(*shown, strict=True), dash, color=color, marker=marker, markersize=size, label=text)
                named = True
    axes.set(title=panel.title, ylabel="% of draws")
    legend_rows = max(math.ceil(len(panel.lines) / 3), 1)
    axes.set_ylim(0, 100 * (1 + (_HEADROOM - 1) * legend_rows))
    axes.set_yticks([0, 25, 50, 75, 100])
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", ncols=3, columnspacing=1, handlelength=1.8, borderaxespad=0)
