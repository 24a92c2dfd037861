"""The report's section on a successive halving: who fell out where, and what it cost."""

from __future__ import annotations

import json
from dataclasses import replace

from autogan_core.report import RunResults
from autogan_core.report.figures.ladder_figure import ladder_figure
from autogan_core.report.html import render_report, report_files
from autogan_core.report.markdown import report_markdown
from autogan_core.report.results.ladder import LadderEntry, LadderResult
from autogan_core.search_space import NAMED, Architecture
from tests.core.report.fake_run import FAILURE, fake_run

SNGAN = NAMED["sn-gan"]
DIVERGED = Architecture.parse("0000-00000-00000")
LADDER = LadderResult(
    iterations=(100, 200),
    entries=(
        LadderEntry(
            Architecture.parse("0020-01210-02200"),
            "0020-01210-02200",
            "beam",
            (40.0, 21.5),
            "finalist",
            None,
            ((100, 40.0), (200, 21.5)),
        ),
        LadderEntry(SNGAN, "sn-gan", "incumbent", (44.25,), "fell out", None, ((100, 44.25),)),
        LadderEntry(DIVERGED, str(DIVERGED), "candidate", (None,), "diverged", FAILURE, ()),
    ),
    spent={"discriminator_steps": 1200, "generator_steps": 400, "scored_images": 9000},
    without={"discriminator_steps": 600, "generator_steps": 200, "scored_images": 12000},
)


def halved() -> RunResults:
    return replace(fake_run(), ladder=LADDER)


def test_the_page_tells_who_fell_out_where() -> None:
    """Each entrant with its origin, its FIDs, its end and its reason; both costs; everything is escaped."""
    page = render_report(halved(), ())
    section = page[page.index('<section id="ladder">') :]
    section = section[: section.index("</section>")]
    for text in ("Who fell out where", "40.00", "21.50", "44.25", "fell out in rung 1", "finalist", "sn-gan"):
        assert text in section
    assert "diverged in rung 1: the generator&#39;s loss became &lt;nan&gt;" in section
    assert "1,200 discriminator and 400 generator steps, 9,000 images scored" in section
    assert "600 discriminator and 200 generator steps, 12,000 images scored" in section
    assert "FID at 200" in section and "<svg" in section and FAILURE not in page


def test_a_run_without_halving_has_no_such_section() -> None:
    """Neither the page nor the summary nor the Markdown changes."""
    files = report_files(fake_run())
    assert 'id="ladder"' not in files["report.html"].decode()
    assert "halving" not in json.loads(files["summary.json"])
    assert "Who fell out" not in report_markdown(fake_run())


def test_the_first_finalist_is_the_best_generator() -> None:
    """Its Inception score does not matter any more; an unfinished halving names none."""
    assert fake_run().best_generator is not fake_run().generators[1]
    best = halved().best_generator
    assert best is not None and best.architecture == LADDER.finalists[0]
    unfinished = replace(LADDER, entries=LADDER.entries[1:])
    assert unfinished.finalists == ()
    first = replace(fake_run(), ladder=unfinished).best_generator
    assert first is not None and first.rank == 1


def test_the_summary_holds_it_for_programs() -> None:
    """Numbers and words of every entrant, in the ladder's order."""
    halving = json.loads(report_files(halved())["summary.json"])["halving"]
    assert halving["rung_iterations"] == [100, 200]
    assert [e["name"] for e in halving["entrants"]] == ["0020-01210-02200", "sn-gan", str(DIVERGED)]
    assert halving["entrants"][2] == {
        "architecture": str(DIVERGED),
        "name": str(DIVERGED),
        "origin": "candidate",
        "outcome": "diverged",
        "rung": 1,
        "fids": [None],
        "reason": FAILURE,
    }
    assert halving["cost"]["generator_steps"] == 400
    assert halving["cost_without_halving"]["generator_steps"] == 200


def test_the_markdown_has_a_table_of_it() -> None:
    """A row for each entrant, dashes for rungs that it did not enter."""
    text = report_markdown(halved())
    assert "## Who fell out where" in text
    assert "| sn-gan | incumbent | 44.25 | – | fell out in rung 1 |" in text


def test_the_figure_names_finalists_and_incumbents() -> None:
    """Others are drawn without a name; without a validation there is no figure."""
    figure = ladder_figure(LADDER) or ""
    assert "sn-gan (incumbent): fell out in rung 1" in figure
    assert "0020-01210-02200 (beam): finalist" in figure
    assert str(DIVERGED) not in figure
    assert ladder_figure(replace(LADDER, entries=LADDER.entries[2:])) is None
