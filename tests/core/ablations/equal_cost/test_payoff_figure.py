"""The figure of `payoff`: what it shows of made-up arms."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.ablations.equal_cost.payoff_figure import ArmLine, SeedLine, mean_curve, moved_apart, payoff_figure

SVG = "{http://www.w3.org/2000/svg}"


def line(name: str, *ends: float, searched: float = 0.0) -> ArmLine:
    """A seed for each FID in the end, after twice and four times as much."""
    start = searched + 1e14
    seeds = tuple(SeedLine(((start, 4 * end), (6e14, 2 * end), (9e14, end)), 1e15, searched) for end in ends)
    return ArmLine(name, seeds)


def test_the_mean_begins_when_every_seed_has_a_generator() -> None:
    """Geometric means of what is best by then, at every place where a seed gets better, to the mean end."""
    early = SeedLine(((1.0, 16.0), (4.0, 4.0)), 8.0)
    late = SeedLine(((2.0, 9.0), (5.0, 1.0)), 10.0)
    curve = mean_curve(ArmLine("both", (early, late)), 1.0)
    assert curve.x.tolist() == [2, 4, 5, 9]
    assert curve.middle.tolist() == pytest.approx([12, 6, 2, 2])
    assert (curve.low.tolist(), curve.high.tolist()) == ([9, 4, 1, 1], [16, 9, 4, 4])


def test_every_arm_is_named_with_its_last_value() -> None:
    """Ten arms, ours first: names are texts, all within the sheet, each on a line of its own."""
    names = ["found", "random <on> shared weights", *(f"rival {i}" for i in range(8))]
    lines = [line(name, 9.5 + place / 100, 10.5) for place, name in enumerate(names)]
    root = ElementTree.fromstring(payoff_figure(lines, "FID", "d"))
    texts = {element.text or "": element for element in root.iter(f"{SVG}text")}
    ends = {name: next(element for text, element in texts.items() if text.startswith(f"{name}  ")) for name in names}
    assert [text.split("  ")[1] for text in texts if text.startswith("found")] == ["9.99"]
    heights = sorted(float(element.get("y", "nan")) for element in ends.values())
    assert all(b - a > 9 for a, b in pairwise(heights))
    width, height = (float(number) for number in (root.get("viewBox") or "").split()[2:])
    assert heights[0] > 0 and heights[-1] < height
    assert all(float(element.get("x", "nan")) < width for element in ends.values())


def test_searches_are_drawn_only_where_there_are_any() -> None:
    """A bar for each arm that searches, and its word in the legend; no word where nobody does."""
    searching = payoff_figure([line("found", 9.0, 10.0, searched=4e14), line("other", 12.0)], "FID", "d")
    plain = payoff_figure([line("found", 9.0, 10.0), line("other", 12.0)], "FID", "d")
    assert "searching: no generator yet" in searching
    assert "searching" not in plain
    thick = r"stroke-width: 5[;\"]"
    assert len(re.findall(thick, searching)) == 2  # the bar and the legend's
    assert not re.findall(thick, plain)


def test_one_seed_has_no_band() -> None:
    """Nothing is shaded, and the legend does not say so."""
    assert "all seeds" not in payoff_figure([line("found", 9.0)], "FID", "d")
    assert "all seeds" in payoff_figure([line("found", 9.0, 10.0)], "FID", "d")


@given(st.lists(st.floats(0, 3), min_size=1, max_size=12))
def test_names_keep_their_order_and_distance(heights: list[float]) -> None:
    """Any heights: neighbours are apart, nobody is overtaken, all are within limits, and lone ones stay."""
    placed = moved_apart(heights, 0.15, 0.0, 3.5)
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    assert all(placed[b] - placed[a] > 0.15 - 1e-9 for a, b in pairwise(order))
    assert min(placed) >= 0 and max(placed) <= 3.5 + 1e-9
    for i, height in enumerate(heights):
        if all(abs(height - other) > 12 * 0.15 for j, other in enumerate(heights) if j != i):
            assert placed[i] == pytest.approx(height)
