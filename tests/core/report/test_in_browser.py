"""Both pages in a real browser, as the Kubeflow Pipelines UI shows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from autogan_core.report.html import write_report
from autogan_core.report.trend import render_trend
from tests.core.report.browser import CHROMIUM, Shown, show
from tests.core.report.fake_history import fake_history
from tests.core.report.fake_run import fake_run

MAX_BYTES = 5_000_000
WIDTHS = (1280, 400)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium or Chrome on PATH")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run with five generators and colour images of 48x48; noise, which no PNG makes small."""
    results = fake_run("stl10")
    noise = torch.randint(0, 256, (64, 3, 48, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    generators = tuple(
        replace(results.generators[i % 2], rank=i + 1, architecture=architecture, samples=noise)
        for i, (architecture, _) in enumerate(results.beams)
    )
    results = replace(results, generators=generators, real_samples=noise)
    return write_report(results, tmp_path_factory.mktemp("run")).read_text()


@pytest.fixture(scope="module")
def trend() -> str:
    """The page of eight evaluations."""
    return render_trend(fake_history(8), "Transfer to Fashion-MNIST")


@pytest.fixture(scope="module")
def shown(report: str, trend: str, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Each page at each of the widths."""
    pages = [(source, width) for source in (report, trend) for width in WIDTHS]
    return show(pages, tmp_path_factory.mktemp("browser"))


def test_nothing_is_said_on_the_console(shown: Shown) -> None:
    """In a sandbox without network no script fails and nothing is asked for: the pages have all they need."""
    assert shown.console == ()
    for measures in shown.measures:
        assert (measures.origin, measures.broken_images, measures.requests) == ("null", 0, [])


def test_pages_fit_their_width(shown: Shown) -> None:
    """At 1280 and 400 pixels no page must be scrolled sideways; wide tables and figures scroll in their own boxes."""
    assert [measures.width for measures in shown.measures] == [*WIDTHS, *WIDTHS]
    assert [measures.content_width for measures in shown.measures] == [*WIDTHS, *WIDTHS]


def test_pages_are_painted(shown: Shown) -> None:
    """There is text and colour in every iframe."""
    picture = Image.open(shown.screenshot).convert("RGB")
    left = 0
    for measures in shown.measures:
        colors = picture.crop((left, 0, left + measures.width, 1500)).getcolors(maxcolors=1 << 24)
        assert colors is not None
        assert len(colors) > 20
        left += measures.width


@pytest.mark.parametrize("name", ["report", "trend"])
def test_pages_are_small(request: pytest.FixtureRequest, name: str) -> None:
    """The UI keeps a page in memory: five generators with images that cannot be compressed stay below 5 MB."""
    assert 10_000 < len(request.getfixturevalue(name).encode()) < MAX_BYTES


def test_a_bad_page_is_noticed(tmp_path: Path) -> None:
    """The check itself: a failing script, a picture from the network and a wide element are all reported."""
    source = '<img src="http://example.com/a.png"><div style="width: 3000px">wide</div><script>nothing()</script>'
    shown = show([(source, 400)], tmp_path)
    assert len(shown.console) == 1
    assert "nothing is not defined" in shown.console[0]
    assert shown.measures[0].requests == ["http://example.com/a.png"]
    assert shown.measures[0].broken_images == 1
    assert shown.measures[0].content_width >= 3000
