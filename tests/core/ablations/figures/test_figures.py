"""The experiments' figures, as parsed SVG: what is drawn for several seeds, for one, and without intervals."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from autogan_core.ablations.figures.figures import (
    Bar,
    BarPanel,
    Curve,
    CurvePanel,
    ShareRow,
    curves_figure,
    intervals_figure,
    shares_figure,
)
from autogan_core.ablations.pages.statistics import Estimate, mean, share
from autogan_core.report.figures.style import on_white

SVG = "{http://www.w3.org/2000/svg}"
BLUE, ORANGE, GREY, BLACK = "#0072b2", "#d55e00", "#767676", "#000000"
BOLD, THIN = "1.9", "0.8"
AWKWARD = 'random <search> & "sharing", whose name is about as long as names can get before they become silly'
Place = tuple[float, float]


class Drawing:
    """A parsed figure."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        assert self.root.tag == f"{SVG}svg"
        self.texts = [text.text or "" for text in self.root.iter(f"{SVG}text")]
        self.words = " ".join(self.texts)

    def lines(self, color: str, width: str) -> list[list[Place]]:
        """Lines within the axes, of a colour and a width: the places of each. Places are in points, y downwards."""
        found = (path for path in self.root.iter(f"{SVG}path") if "clip-path" in path.attrib)
        return [_places(path) for path in found if _styled(path, f"stroke: {color}", f"stroke-width: {width}")]

    def bands(self, color: str) -> int:
        """Shaded areas of a colour."""
        return len(self._used(f"fill: {color}", "fill-opacity: 0.16"))

    def markers(self, *style: str) -> list[Place]:
        """Places of the markers that have all parts of a style, the legend's last."""
        return [(float(use.get("x", "nan")), float(use.get("y", "nan"))) for use in self._used(*style)]

    def shapes(self, *style: str) -> set[str]:
        """Which shapes such markers have, as the paths that draw them."""
        paths = {f"#{path.get('id')}": path.get("d", "") for path in self.root.iter(f"{SVG}path")}
        return {paths[use.get("{http://www.w3.org/1999/xlink}href", "")] for use in self._used(*style)}

    def place_of(self, text: str) -> Place:
        """Where a line of text begins, ends or has its middle."""
        element = next(element for element in self.root.iter(f"{SVG}text") if element.text == text)
        return float(element.get("x", "nan")), float(element.get("y", "nan"))

    def _used(self, *style: str) -> list[ElementTree.Element]:
        return [use for use in self.root.iter(f"{SVG}use") if _styled(use, *style)]


def _styled(element: ElementTree.Element, *parts: str) -> bool:
    return set(parts) <= set(element.get("style", "").split("; "))


def _places(path: ElementTree.Element) -> list[Place]:
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", path.get("d", ""))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def runs(count: int, points: int = 6, shift: float = 0.0) -> tuple[tuple[Place, ...], ...]:
    """Rising scores of ``count`` seeds, which differ by 0.4; ``shift`` moves every seed's places on x apart."""
    return tuple(
        tuple((5.0 * i + shift * seed, math.sqrt(i) + 0.4 * seed) for i in range(points)) for seed in range(count)
    )


def curves(*arms: Curve, borders: tuple[float, ...] = ()) -> Drawing:
    """A panel."""
    return Drawing(curves_figure([CurvePanel("Reward", "search iteration", "Inception score", arms, borders)], "about"))


def test_seeds_are_thin_and_their_mean_is_bold() -> None:
    """Three seeds of two arms: three thin lines, one bold in the middle of them and one band for each arm."""
    drawing = curves(Curve("MLAS", runs(3)), Curve("SLAS", runs(3)))
    for color in (BLUE, ORANGE):
        thin, bold = drawing.lines(color, THIN), drawing.lines(color, BOLD)
        assert (len(thin), len(bold), drawing.bands(color)) == (3, 1, 1)
        assert sum(bold[0], ()) == pytest.approx(sum(thin[1], ()), abs=0.01)
    assert {"MLAS", "SLAS", "one seed", "95 % interval of the mean"} < set(drawing.texts)


def test_arms_differ_in_colour_marker_and_dashes() -> None:
    """No two of six arms have the same colour or the same marker; neighbours have other dashes."""
    arms = [Curve(str(i), runs(1)) for i in range(6)]
    drawing = curves(*arms)
    lines = [path for path in drawing.root.iter(f"{SVG}path") if _styled(path, f"stroke-width: {BOLD}")]
    styles = [dict(part.split(": ") for part in path.get("style", "").split("; ")) for path in lines]
    assert len({style["stroke"] for style in styles}) == len(arms)
    assert len({style.get("stroke-dasharray", "none") for style in styles[:4]}) == 4
    shapes = [drawing.shapes(f"fill: {style['stroke']}") for style in styles]
    assert all(len(found) == 1 for found in shapes)
    assert len(set.union(*shapes)) == len(arms)


def test_an_arm_looks_the_same_in_every_panel() -> None:
    """The second panel shows only the second arm, in the second arm's colour."""
    first = CurvePanel("one", "x", "y", (Curve("a", runs(2)), Curve("b", runs(2))))
    second = CurvePanel("two", "x", "y", (Curve("b", runs(2)),))
    drawing = Drawing(curves_figure([first, second], "about"))
    assert (len(drawing.lines(BLUE, BOLD)), len(drawing.lines(ORANGE, BOLD))) == (1, 2)
    assert drawing.texts.count("b") == 1  # one legend for both


@pytest.mark.parametrize("shift", [0.1, 5.0 * 5])
def test_seeds_on_a_time_axis_have_no_mean(shift: float) -> None:
    """Where seeds share no place on x, or one by chance, thin lines with markers are all there is."""
    drawing = curves(Curve("MLAS", runs(2, shift=shift)))
    assert len(drawing.lines(BLUE, THIN)) == 2
    assert drawing.lines(BLUE, BOLD) == []
    assert drawing.bands(BLUE) == 0
    assert len(drawing.markers(f"fill: {BLUE}", "fill-opacity: 0.8")) == 2 * 6
    assert "one seed" not in drawing.texts


def test_one_seed_is_a_bold_line_without_interval() -> None:
    """Nothing is thin, shaded, or said about intervals; a run without points counts for nothing."""
    drawing = curves(Curve("MLAS", (*runs(1), ())), Curve("nothing measured", ((),)))
    assert (len(drawing.lines(BLUE, BOLD)), drawing.lines(BLUE, THIN), drawing.bands(BLUE)) == (1, [], 0)
    assert not {"one seed", "95 % interval of the mean"} & set(drawing.texts)
    assert "nothing measured" in drawing.texts


def test_mean_ends_with_the_shortest_seed() -> None:
    """A seed that is still running leaves the other's last points without a mean."""
    drawing = curves(Curve("MLAS", (runs(1, points=6)[0], runs(1, points=4)[0])))
    assert len(drawing.lines(BLUE, BOLD)[0]) == 4
    assert sorted(len(line) for line in drawing.lines(BLUE, THIN)) == [4, 6]


def test_borders_are_drawn_and_named() -> None:
    """Two stage borders: two vertical lines halfway between points, and their name in the legend."""
    drawing = curves(Curve("MLAS", runs(2)), borders=(7.5, 17.5))
    verticals = drawing.lines(GREY, THIN)
    points = [x for x, _ in drawing.lines(BLUE, BOLD)[0]]
    assert [line[0][0] for line in verticals] == pytest.approx(
        [(points[1] + points[2]) / 2, (points[3] + points[4]) / 2], abs=0.01
    )
    assert "stage border" in drawing.texts


def test_wide_intervals_do_not_flatten_the_curves() -> None:
    """Two seeds whose interval is many times their range still take most of the panel's height."""
    drawing = curves(Curve("MLAS", (((0, 1), (1, 2)), ((0, 1.5), (1, 1)))))
    heights = [y for line in drawing.lines(BLUE, THIN) for _, y in line]
    assert 0.6 < (max(heights) - min(heights)) / (3.2 * 72 * 0.77) < 1


def bar(name: str, *values: float) -> Bar:
    """A contender with its mean."""
    return Bar(name, values, mean(values))


PUBLISHED = Bar("ProbGAN (published)", (), Estimate(7.75, None, None, 1))


def intervals(*bars: Bar, reference: float | None = None) -> Drawing:
    """A panel."""
    return Drawing(intervals_figure([BarPanel("FID (lower is better)", "FID", bars, reference)], "about"))


def test_every_contender_has_its_row() -> None:
    """Names stand from top to bottom in the order given, each at its dot's height; seeds' values lie just below."""
    drawing = intervals(bar("AutoGAN", 12.0, 13.0, 12.6), bar("SN-GAN", 18.0, 18.5, 17.7))
    dots = drawing.markers(f"fill: {BLUE}", f"stroke: {BLUE}", "stroke-width: 1.4")[:2]
    names = [drawing.place_of(name)[1] for name in ("AutoGAN", "SN-GAN")]
    assert names[0] < names[1]
    assert [y for _, y in dots] == pytest.approx(names, abs=5)
    seeds = drawing.markers(f"fill: {GREY}", "fill-opacity: 0.8")
    assert len(seeds) == 2 * 3 + 1
    assert all(2 < y - dots[0][1] < 12 for _, y in seeds[:3])
    assert len(drawing.lines(BLUE, "1.8")) == 2


def test_dots_stand_within_their_intervals() -> None:
    """The line of an interval reaches from its low end over the dot to its high end, at one scale."""
    drawing = intervals(bar("a", 10.0, 11.0, 12.0), bar("b", 14.0, 14.1, 14.2))
    (a_low, a_high), (b_low, b_high) = ((line[0][0], line[1][0]) for line in drawing.lines(BLUE, "1.8"))
    assert (a_high - a_low) / (b_high - b_low) == pytest.approx(10, rel=0.01)
    dots = drawing.markers(f"fill: {BLUE}", "stroke-width: 1.4")
    assert dots[0][0] == pytest.approx((a_low + a_high) / 2, abs=0.01)


def test_without_interval_the_dot_is_hollow() -> None:
    """One seed, and a published number: no lines, no grey dots, and the legend says so."""
    drawing = intervals(bar("AutoGAN", 8.5), PUBLISHED)
    assert drawing.lines(BLUE, "1.8") == []
    assert len(drawing.markers("fill: #ffffff", f"stroke: {BLUE}")) == 2 + 1
    assert "one value, no interval" in drawing.texts
    assert not {"one seed", "mean and its 95 % interval", "the interval goes on", "reference"} & set(drawing.texts)


def test_wide_interval_ends_in_an_arrow() -> None:
    """Two seeds far apart have an interval of many times their distance; its arrows stand at the axis's ends."""
    drawing = intervals(bar("a", 10.0, 12.0), bar("b", 11.0, 11.1))
    wide, narrow = drawing.lines(BLUE, "1.8")
    seeds = [x for x, _ in drawing.markers(f"fill: {GREY}", "fill-opacity: 0.8")[:2]]
    assert 3 < (wide[1][0] - wide[0][0]) / (max(seeds) - min(seeds)) < 3.5
    arrows = [x for x, _ in drawing.markers(f"fill: {BLUE}") if abs(x - wide[0][0]) < 0.1 or abs(x - wide[1][0]) < 0.1]
    assert len(arrows) == 2
    assert "the interval goes on" in drawing.texts
    assert "the interval goes on" not in intervals(bar("b", 11.0, 11.1, 11.2)).texts
    assert narrow[1][0] - narrow[0][0] > 10


@pytest.mark.parametrize(
    ("values", "logarithmic"), [((12.0, 300.0), True), ((12.0, 100.0), False), ((-1.0, 300.0), False)]
)
def test_values_of_different_size_stand_on_a_logarithmic_axis(values: tuple[float, ...], logarithmic: bool) -> None:
    """It says so, and equal ratios are equal distances, also where an interval reaches below zero."""
    low, high = values
    middle = math.sqrt(abs(low * high))
    drawing = intervals(bar("a", low), bar("b", middle), bar("c", high), bar("d", middle, 2 * middle))
    assert ("FID, logarithmic" in drawing.texts) is logarithmic
    a, b, c = (x for x, _ in drawing.markers("fill: #ffffff", f"stroke: {BLUE}")[:3])
    assert (abs((c - b) - (b - a)) < 1) is logarithmic


def test_reference_is_dotted() -> None:
    """A dotted vertical line within the axes, with a name in the legend."""
    drawing = intervals(bar("a", 10.0, 11.0), reference=20.0)
    ((bottom, top),) = drawing.lines(BLACK, "1.2")
    assert bottom[0] == top[0]
    assert bottom[0] > max(x for x, _ in drawing.markers(f"fill: {GREY}", "fill-opacity: 0.8")[:2])
    assert "reference" in drawing.texts


def test_panels_share_their_rows() -> None:
    """Names stand once; a contender that is missing in the first panel has the last row in the second one."""
    panels = [
        BarPanel("Inception score", "IS", (bar("a", 8.0), bar("b", 7.0))),
        BarPanel("FID", "FID", (bar("c", 30.0), bar("b", 20.0))),
    ]
    drawing = Drawing(intervals_figure(panels, "about"))
    assert [drawing.texts.count(name) for name in "abc"] == [1, 1, 1]
    heights = [y for _, y in drawing.markers("fill: #ffffff", f"stroke: {BLUE}")[:4]]
    assert heights[1] == pytest.approx(heights[3])
    assert heights[2] > heights[1] > heights[0]


def test_shares_stand_beside_the_uniform_ones() -> None:
    """Filled only where the interval excludes the uniform share; ticks at these; another group, another distance."""
    rows = [
        ShareRow("norm: none", share(40, 45), 1 / 3),
        ShareRow("norm: batch", share(16, 45), 1 / 3),
        ShareRow("up: deconv", Estimate(0.75, None, None, 1), 1 / 2),
    ]
    drawing = Drawing(shares_figure(rows, "% of cells", "about"))
    filled = drawing.markers(f"fill: {BLUE}", f"stroke: {BLUE}", "stroke-width: 1.4")[:-1]
    hollow = drawing.markers("fill: #ffffff", f"stroke: {BLUE}", "stroke-width: 1.4")[:-1]
    ticks = drawing.markers(f"stroke: {ORANGE}", "stroke-width: 2")[:-1]
    assert (len(filled), len(hollow), len(ticks), len(drawing.lines(BLUE, "1.8"))) == (1, 2, 3, 2)
    scale = (ticks[2][0] - ticks[0][0]) / (1 / 2 - 1 / 3)
    assert [x - ticks[0][0] for x, _ in (*filled, *hollow)] == pytest.approx(
        [scale * (row.estimate.value - 1 / 3) for row in rows], abs=0.01
    )
    gaps = [ticks[1][1] - ticks[0][1], ticks[2][1] - ticks[1][1]]
    assert gaps[1] / gaps[0] == pytest.approx(1.5, abs=0.01)
    assert "% of cells" in drawing.texts


FIGURES = {
    "curves": lambda name: curves_figure([CurvePanel(name, name, name, (Curve(name, runs(2)),))], name),
    "intervals": lambda name: intervals_figure([BarPanel(name, name, (bar(name, 1.0, 2.0), bar("b", 2.0)))] * 3, name),
    "shares": lambda name: shares_figure([ShareRow(name, share(1, 2), 0.5)], name, name),
}


@pytest.mark.parametrize("figure", FIGURES)
def test_any_name_is_shown_as_it_is(figure: str) -> None:
    """Markup in names neither breaks the figure nor gets lost; long ones break into lines; readers hear about it."""
    name = f"{AWKWARD}, or {AWKWARD}"
    drawing = Drawing(FIGURES[figure](name))
    assert 'random <search> & "sharing"' in " ".join(drawing.words.split())
    assert max(map(len, drawing.texts)) < 150  # of 9 points in 9 inches
    assert drawing.root.get("aria-label") == name


def test_a_figure_on_white_has_a_sheet_below_all_else() -> None:
    """The first thing painted is white and as large as the figure; nothing else changes."""
    svg = FIGURES["shares"](AWKWARD)
    root = ElementTree.fromstring(on_white(svg))
    sheet = root[0]
    assert sheet.attrib == {"width": "100%", "height": "100%", "fill": "#ffffff"}
    assert [element.attrib for element in root.iter()][2:] == [
        element.attrib for element in ElementTree.fromstring(svg).iter()
    ][1:]
