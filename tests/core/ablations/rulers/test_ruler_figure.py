"""The figure of rulers, as parsed SVG."""

from __future__ import annotations

from autogan_core.ablations.figures.rows import Bar, BarPanel
from autogan_core.ablations.figures.scatter import ScatterGroup, ScatterPanel
from autogan_core.ablations.pages.statistics import Estimate
from autogan_core.ablations.rulers.ruler_figure import ruler_figure
from tests.core.ablations.figures.test_figures import BLUE, GREY, Drawing

RULERS = BarPanel(
    "Agreement",
    "Spearman",
    (Bar("FID", (0.5, 0.7), Estimate(0.6, 0.4, 0.7, 60)), Bar("IS", (0.1, 0.3), Estimate(0.2, -0.1, 0.4, 60))),
    reference=0,
)
POINTS = ScatterPanel("Default", "IS", "FID", (ScatterGroup("seed 0", ((1.0, 2.0), (3.0, 4.0))),), "Spearman 0.20")
GAINS = BarPanel("Gains", "difference", (Bar("stage 1", (0.2, 0.4), Estimate(0.3, 0.1, 0.5, 2)),), reference=0)


def test_all_three_panels_are_there() -> None:
    """Every row has its name and dot, every seed its small dot, and the points stand on the right, gains below."""
    drawing = Drawing(ruler_figure(RULERS, POINTS, GAINS, "about"))
    assert {"FID", "IS", "stage 1", "Agreement", "Default", "Gains", "Spearman 0.20", "seed 0"} < set(drawing.texts)
    assert len(drawing.markers(f"fill: {GREY}", "fill-opacity: 0.8")) == 3 * 2 + 1
    rows = [drawing.place_of(name)[1] for name in ("FID", "IS", "stage 1")]
    assert rows == sorted(rows)
    left, right = (drawing.place_of(title)[0] for title in ("Agreement", "Default"))
    assert left < right
    intervals = drawing.lines(BLUE, "1.8")
    assert len(intervals) == 3


def test_rulers_can_stand_alone() -> None:
    """Without points and gains the rulers are still drawn."""
    drawing = Drawing(ruler_figure(RULERS, None, None, "about"))
    assert {"FID", "IS"} < set(drawing.texts)
    assert not {"Default", "Gains"} & set(drawing.texts)
