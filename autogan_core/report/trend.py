"""The trend of recurring evaluations' scores: a self-contained page, and Markdown for Kubeflow Pipelines' UI."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from autogan_core.metrics.protocols import (
    ALL_NAMES,
    Kind,
    Score,
    bias_note,
    decimals,
    find_score,
    heading,
    is_better_higher,
    joint_protocol,
    kinds_in,
)
from autogan_core.report.figures.style import GREY, PALETTE, render
from autogan_core.report.markdown import escape, fit, table
from autogan_core.report.score_history import Evaluation, HistoryLine, Origin, origins
from autogan_core.report.templates import render_page
from autogan_core.report.words import score_text
from autogan_core.search_space import Architecture

_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", "--", ":", "-.")
_HAIRLINES = (("data", (0, (6, 3)), PALETTE[6]), ("code", (0, (1, 2)), GREY))
_PANEL_HEIGHT = 2.5
_Traced = tuple[HistoryLine, tuple[Origin, ...]]
"""A line, and where its scores come from."""


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One line of the table, as text, in the order of its columns."""

    date: str
    architecture: str
    scores: tuple[str, ...]
    best_at: str
    origin: str
    revision: str
    protocol: str


@dataclass(frozen=True, slots=True)
class _Place:
    """One score in the figure; the day as matplotlib counts."""

    day: float
    value: float
    new: bool
    comparable: tuple[str, ...]
    """What two scores must have in common to be compared."""


def render_trend(lines: Sequence[HistoryLine], title: str) -> str:
    """The page: the newest scores beside those before, a figure over time, and every line as a table, newest first.

    Args:
        lines: oldest first; one or none will do.
        title: the page's heading, as plain text.

    Returns:
        HTML that refers to nothing outside of itself.
    """
    traced = _trace(lines)
    rows = _rows(traced)
    context = {
        "title": title,
        "count": len(lines),
        "newest": f"{lines[-1].time.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if lines else "",
        "changes": changes(lines),
        "figure": _figure(traced),
        "columns": [heading(kind) for kind in _kinds(lines)],
        "note": bias_note(e.scores for line in lines for e in line.evaluations),
        "protocols": list(dict.fromkeys(row.protocol for row in rows)),
        "rows": rows,
    }
    return render_page("trend.html", context)


def trend_markdown(lines: Sequence[HistoryLine]) -> str:
    """The same in Markdown, without the figure: the table begins with the newest line, and ends where the UI stops."""
    if not lines:
        return "No scores yet.\n"
    sentences = "\n".join(f"- {escape(sentence)}" for sentence in changes(lines))
    headers = (
        "Date (UTC)",
        "Architecture",
        *map(heading, _kinds(lines)),
        "Best at",
        "Scores",
        "Revision",
        "Measured on",
    )
    rows = [
        (row.date, row.architecture, *row.scores, row.best_at, row.origin, row.revision, row.protocol)
        for row in _rows(_trace(lines))
    ]
    note = bias_note(e.scores for line in lines for e in line.evaluations)
    return fit("\n\n".join(filter(None, [sentences, table(headers, rows), escape(note)])) + "\n")


def changes(lines: Sequence[HistoryLine]) -> list[str]:
    """The newest line beside the one before, a sentence for each architecture of either; none without lines."""
    if not lines:
        return []
    before = {e.architecture: (line, e) for line in lines[-2:-1] for e in line.evaluations}
    newest = {origin.evaluation.architecture: origin for origin in origins(lines)}
    found = [_change(lines, origin, before.get(architecture)) for architecture, origin in newest.items()]
    return [*found, *(f"{gone}: no longer evaluated." for gone in before if gone not in newest)]


def _change(lines: Sequence[HistoryLine], origin: Origin, before: tuple[HistoryLine, Evaluation] | None) -> str:
    line, evaluation = lines[-1], origin.evaluation
    kinds = kinds_in([evaluation.scores, *([before[1].scores] if before else [])])
    if before is None:
        scores = ", ".join(f"{ALL_NAMES[kind]} {score_text(evaluation.scores, kind)}" for kind in kinds)
        elsewhere = f"; not evaluated on {_date(lines[-2].time)}" if len(lines) > 1 else ""
        return f"{evaluation.architecture}: {scores} ({_origin_words(origin)}{elsewhere})."
    if evaluation == before[1]:
        return f"{evaluation.architecture}: unchanged, the scores of {_date(evaluation.evaluated)} were reused."
    parts = [_difference(kind, (line, evaluation), before) for kind in kinds]
    return f"{evaluation.architecture}: {', '.join(parts)} ({_origin_words(origin)})."


def _difference(kind: Kind, now: tuple[HistoryLine, Evaluation], before: tuple[HistoryLine, Evaluation]) -> str:
    name, new, old = ALL_NAMES[kind], find_score(now[1].scores, kind), find_score(before[1].scores, kind)
    if new is None or old is None:
        return f"{name} {old.text if old else 'missing'} → {new.text if new else 'missing'}"
    if _comparable(now[0], new) != _comparable(before[0], old):
        return f"{name} {new.text}, measured in another way than {old.text} before, so the two cannot be compared"
    digits = decimals(kind)
    difference = round(new.value - old.value, digits)
    if not difference:
        return f"{name} {new.text} as before"
    verdict = "better" if (difference > 0) == is_better_higher(kind) else "worse"
    return f"{name} {old.text} → {new.text} ({difference:+.{digits}f}, {verdict})".replace("(-", "(−")


def _comparable(line: HistoryLine, score: Score) -> tuple[str, ...]:
    # A classifier is trained on the data set itself: other images make other features, and so does another training.
    own = (line.data, f"{score.accuracy}") if score.features == "classifier" else ()
    return (score.name, line.dataset, *own)


def _trace(lines: Sequence[HistoryLine]) -> list[_Traced]:
    return [(line, origins(lines[:count])) for count, line in enumerate(lines, start=1)]


def _kinds(lines: Iterable[HistoryLine]) -> tuple[Kind, ...]:
    """The kinds of score that the table has columns for, and the figure panels."""
    return kinds_in(evaluation.scores for line in lines for evaluation in line.evaluations)


def _rows(traced: Sequence[_Traced]) -> list[TrendRow]:
    kinds = _kinds(line for line, _ in traced)
    return [_row(line, origin, kinds) for line, found in reversed(traced) for origin in found]


def _row(line: HistoryLine, origin: Origin, kinds: Sequence[Kind]) -> TrendRow:
    evaluation = origin.evaluation
    return TrendRow(
        date=f"{line.time.astimezone(UTC):%Y-%m-%d %H:%M}",
        architecture=str(evaluation.architecture),
        scores=tuple(score_text(evaluation.scores, kind) for kind in kinds),
        best_at=f"{evaluation.iteration:,}{', then collapsed' if evaluation.collapsed else ''}",
        origin=_origin_words(origin),
        revision=line.revision or "–",
        protocol=f"{line.dataset}, {joint_protocol(evaluation.scores) or 'no scores'}",
    )


def _origin_words(origin: Origin) -> str:
    return f"new: {', '.join(origin.reasons)}" if origin.new else f"reused from {_date(origin.evaluation.evaluated)}"


def _date(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d}"


def _figure(traced: Sequence[_Traced]) -> Markup | None:
    """All scores over time, one kind above the other; None when there is none to show."""
    kinds = _kinds(line for line, _ in traced)
    if not any(find_score(o.evaluation.scores, kind) for _, found in traced for o in found for kind in kinds):
        return None

    def draw(figure: Figure) -> None:
        panels = figure.subplots(len(kinds), 1, sharex=True)
        for axes, kind in zip(panels, kinds, strict=True):
            _draw_scores(axes, traced, kind)
            _draw_hairlines(axes, traced)
            direction = "higher is better" if is_better_higher(kind) else "lower is better"
            axes.set_title(f"{ALL_NAMES[kind]} ({direction})")
            axes.grid(axis="y", color="#e4e4e0", linewidth=0.7)
        _draw_dates(panels[-1], traced)
        figure.legend(handles=_legend(traced), loc="outside lower center", ncols=4, numpoints=1, handlelength=2.4)

    *names, last = (ALL_NAMES[kind] for kind in kinds)
    title = f"{', '.join(names)} and {last} of each architecture over time"
    return Markup(render(draw, _PANEL_HEIGHT * len(kinds), title))


def _draw_dates(axes: Axes, traced: Sequence[_Traced]) -> None:
    first, last = _day(traced[0][0]), _day(traced[-1][0])
    if first == last:
        axes.set_xlim(first - 3.5, last + 3.5)  # matplotlib would show four years
    locator = AutoDateLocator(tz=UTC, minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]


def _day(line: HistoryLine) -> float:
    return line.time.timestamp() / 86_400  # matplotlib's dates: days since 1970


def _architectures(traced: Sequence[_Traced]) -> dict[Architecture, dict[str, Any]]:
    """Every architecture and how it is drawn: colour, dashes and marker, so that no reader depends on one of them."""
    architectures = dict.fromkeys(origin.evaluation.architecture for _, found in traced for origin in found)
    drawn = zip(*map(itertools.cycle, (PALETTE, _DASHES, _MARKERS)), strict=False)
    styles = ({"color": color, "linestyle": dash, "marker": marker} for color, dash, marker in drawn)
    return dict(zip(architectures, styles, strict=False))


def _places(traced: Sequence[_Traced], architecture: Architecture, kind: Kind) -> Iterator[_Place]:
    for line, found in traced:
        for origin in found:
            score = find_score(origin.evaluation.scores, kind)
            if origin.evaluation.architecture == architecture and score:
                yield _Place(_day(line), score.value, origin.new, _comparable(line, score))


def _draw_scores(axes: Axes, traced: Sequence[_Traced], kind: Kind) -> None:
    for architecture, style in _architectures(traced).items():
        series: dict[tuple[str, ...], list[_Place]] = {}
        for place in _places(traced, architecture, kind):
            series.setdefault(place.comparable, []).append(place)
        for places in series.values():
            axes.plot([p.day for p in places], [p.value for p in places], **{**style, "marker": ""})
            for place in places:
                axes.plot(place.day, place.value, **_marker(style, place.new))


def _marker(style: dict[str, Any], new: bool) -> dict[str, Any]:
    face = style["color"] if new else "white"
    return {**style, "linestyle": "", "markersize": 6, "markerfacecolor": face, "markeredgewidth": 1.3, "zorder": 3}


def _changed(traced: Sequence[_Traced], name: str) -> list[float]:
    """Dates halfway between two lines that differ in ``name``."""
    pairs = [(a, b) for a, b in itertools.pairwise(line for line, _ in traced) if getattr(a, name) != getattr(b, name)]
    return [(_day(a) + _day(b)) / 2 for a, b in pairs]


def _draw_hairlines(axes: Axes, traced: Sequence[_Traced]) -> None:
    for name, dash, color in _HAIRLINES:
        for day in _changed(traced, name):
            axes.axvline(day, color=color, linestyle=dash, linewidth=0.8, zorder=1)


def _legend(traced: Sequence[_Traced]) -> list[Line2D]:
    shown = [Line2D([], [], **style, label=str(a)) for a, style in _architectures(traced).items()]
    kinds = {origin.new for _, found in traced for origin in found}
    marks = [(True, "evaluated anew"), (False, "scores reused")]
    grey = {"color": GREY, "marker": "o"}
    shown += [Line2D([], [], **_marker(grey, new), label=label) for new, label in marks if new in kinds]
    return shown + [
        Line2D([], [], color=color, linestyle=dash, linewidth=0.8, label=f"{name} changed")
        for name, dash, color in _HAIRLINES
        if _changed(traced, name)
    ]
