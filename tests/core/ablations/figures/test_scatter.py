"""Clouds of points, as parsed SVG."""

from __future__ import annotations

import math

import pytest

from autogan_core.ablations.figures.layout import render_with_legend
from autogan_core.ablations.figures.scatter import ScatterGroup, ScatterPanel, draw_scatter, scatter_keys
from tests.core.ablations.figures.test_figures import BLUE, ORANGE, Drawing


def drawn(*groups: ScatterGroup, note: str = "note") -> Drawing:
    """A figure that is one panel."""
    panel = ScatterPanel("Points", "on shared weights", "from scratch", groups, note)
    return Drawing(
        render_with_legend(
            lambda figure: draw_scatter(figure.subplots(), panel, (8.0, 3.3)), 3.9, scatter_keys(groups), "about"
        )
    )


def diagonal(falling: bool = False) -> Drawing:
    """Five points of each of two seeds along a diagonal."""
    points = [(0.1 * i, 0.1 * (9 - i if falling else i)) for i in range(10)]
    return drawn(ScatterGroup("seed 0", tuple(points[::2])), ScatterGroup("seed 1", tuple(points[1::2])))


def test_groups_differ_in_colour_and_marker() -> None:
    """Each seed has its five points and one more in the legend; the seeds' markers have different shapes."""
    drawing = diagonal()
    looks = [(f"fill: {color}", "fill-opacity: 0.9") for color in (BLUE, ORANGE)]
    assert [len(drawing.markers(*look)) for look in looks] == [6, 6]
    assert drawing.shapes(*looks[0]).isdisjoint(drawing.shapes(*looks[1]))
    assert {"Points", "seed 0", "seed 1", "on shared weights", "from scratch"} < set(drawing.texts)


@pytest.mark.parametrize("falling", [False, True])
def test_note_keeps_away_from_the_points(falling: bool) -> None:
    """It stands in a corner that a rising or a falling row of points leaves free."""
    drawing = diagonal(falling)
    x, y = drawing.place_of("note")
    places = (
        drawing.markers(f"fill: {BLUE}", "fill-opacity: 0.9")[:5]
        + drawing.markers(f"fill: {ORANGE}", "fill-opacity: 0.9")[:5]
    )
    assert min(math.dist((x, y), place) for place in places) > 60


def test_note_gets_room_where_all_corners_are_taken() -> None:
    """A cloud that fills the axes ends below the note."""
    drawing = drawn(ScatterGroup("seed 0", tuple((i / 20, j / 20) for i in range(21) for j in range(21))))
    _, baseline = drawing.place_of("note")
    highest = min(y for _, y in drawing.markers(f"fill: {BLUE}", "fill-opacity: 0.9"))
    assert 3 < highest - baseline < 40
