"""The published scores: true to the paper's scans, each with a source, and shown as text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from autogan_core.report import html
from autogan_core.report.html import render_report
from autogan_core.report.published import (
    AUTOGAN,
    LATER_SEARCHES,
    PUBLISHED,
    REFERENCES,
    PublishedRow,
    Scores,
    SearchedRow,
    Source,
)
from tests.core.report.fake_run import fake_run

ROOT = Path(__file__).parents[3]
SCANS = [scan for folder in (ROOT, ROOT.parent) for scan in sorted((folder / "shared" / "paper").glob("*.txt"))]
FACTS = [path for folder in (ROOT, ROOT.parent) if (path := folder / "shared" / "docs" / "autogan-facts.md").exists()]
TABLES = {"cifar10": "Table 1: Inception score", "stl10": "Table 2: Inception score"}
EVIL = "<script>alert('&')</script>"

needs_scans = pytest.mark.skipif(not SCANS, reason="the scans of the paper, in shared/paper, are not here")


def squeezed(text: str) -> str:
    """The text in small letters without blanks, hyphens, and the scans' marks of formulas and emphasis."""
    return re.sub(r"[\s\-\u2010-\u2015*$]", "", text.replace(r"\pm", "±")).lower()


def printed_rows(scan: Path, data_name: str) -> list[str]:
    """A table's lines in a scan, squeezed; up to the first line that holds no score."""
    lines = scan.read_text().partition(TABLES[data_name])[2].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Method"))
    return [squeezed(line) for line in lines[start + 1 : start + 1 + len(PUBLISHED[data_name])]]


def expected_row(row: PublishedRow) -> str:
    """How a scan prints a row, squeezed: method, reference, scores; a hyphen, which is squeezed away, for none."""
    ours = "(Ours)" if row.method in {"AutoGAN", "AutoGAN-top1"} else ""
    reference = f"[{row.reference}]" if row.reference else ours
    return squeezed(f"{row.method}{reference}{row.inception_score or ''}{row.fid or ''}")


@needs_scans
@pytest.mark.parametrize("data_name", sorted(PUBLISHED))
@pytest.mark.parametrize("scan", SCANS, ids=[scan.stem[:3] for scan in SCANS])
def test_tables_are_the_papers(scan: Path, data_name: str) -> None:
    """Every row stands in both scans as here, with the same number of the reference, and in the same order."""
    assert printed_rows(scan, data_name) == [expected_row(row) for row in PUBLISHED[data_name]]


@needs_scans
@pytest.mark.parametrize("number", sorted(REFERENCES))
def test_sources_are_the_papers_references(number: int) -> None:
    """Author, title and year, and the arXiv number if one is printed, are those of the paper's list of references."""
    entry = re.search(rf"^\s*- \[{number}\] (.*)$", "\n".join(scan.read_text() for scan in SCANS), re.MULTILINE)
    assert entry is not None
    source, printed = REFERENCES[number], entry[1]
    assert source.authors is not None
    assert source.authors.split()[0] in printed
    assert squeezed(source.title) in squeezed(printed)
    assert source.venue[-4:] in printed
    for arxiv in re.findall(r"arXiv:(\d+\.\d+)", printed):
        assert source.link == f"https://arxiv.org/abs/{arxiv}"


def test_autogan_comes_first() -> None:
    """AutoGAN's own row opens the later searches and has the scores of the paper's tables."""
    own = LATER_SEARCHES[0]
    for data_name, method in (("cifar10", "AutoGAN-top1"), ("stl10", "AutoGAN")):
        row = next(row for row in PUBLISHED[data_name] if row.method == method)
        assert own.scores_on(data_name) == Scores(row.inception_score, row.fid)
    assert (own.method, own.source) == ("AutoGAN", AUTOGAN)


@needs_scans
def test_autogans_cost_is_the_papers() -> None:
    """Both scans say in section 4.3.3 how long the search with dynamic resetting took."""
    hours = (LATER_SEARCHES[0].cost or "").partition(" h,")[0]
    assert all(squeezed(f"dynamic-resetting only takes {hours} hours") in squeezed(s.read_text()) for s in SCANS)


@pytest.mark.parametrize("rows", [*PUBLISHED.values(), LATER_SEARCHES], ids=[*PUBLISHED, "later"])
def test_every_row_has_one_source(rows: tuple[PublishedRow | SearchedRow, ...]) -> None:
    """No method stands twice; every source has a title and a venue, and an address that is complete or none at all."""
    assert len({row.method for row in rows}) == len(rows)
    for row in rows:
        assert row.source.title
        assert row.source.venue
        assert row.source.link is None or re.fullmatch(r"https://[\w./?=-]+", row.source.link)


def test_references_are_all_used() -> None:
    """Each listed work is the source of a row."""
    assert {row.reference for rows in PUBLISHED.values() for row in rows} == {None, *REFERENCES}


@pytest.mark.parametrize("row", LATER_SEARCHES, ids=lambda row: row.method)
def test_later_searches_have_numbers(row: SearchedRow) -> None:
    """A row says something, a score or a cost; the two scores of a data set come together."""
    assert row.cost or row.cifar10.fid
    for scores in (row.cifar10, row.stl10):
        assert (scores.inception_score is None) == (scores.fid is None)


@pytest.mark.skipif(not FACTS, reason="the project's collected facts, in shared/docs, are not here")
@pytest.mark.parametrize("row", LATER_SEARCHES, ids=lambda row: row.method)
def test_later_searches_are_the_verified_ones(row: SearchedRow) -> None:
    """Scores are those that the project's facts mark as seen; what they have from memory only is not shown."""
    section = FACTS[0].read_text().partition("Published NAS-for-GAN anchors")[2]
    line = next(line for line in section.splitlines() if re.match(rf"\| {row.method}\b", line))
    for cell, scores in zip(line.split("|")[3:5], (row.cifar10, row.stl10), strict=True):
        seen = cell.strip().removesuffix(" [v]") if cell.strip().endswith("[v]") else None
        ours = f"{scores.inception_score} / {scores.fid}".replace(" ± .", "+-0.") if scores.fid else None
        if ours and seen and "+-" not in seen:
            ours = re.sub(r"\+-[\d.]+", "", ours)  # spreads are not in the facts' overview of every system
        assert ours == seen


def test_scores_of_other_data_are_none() -> None:
    """There are no published numbers for data that the works do not use."""
    assert LATER_SEARCHES[1].scores_on("digits") == Scores(None, None)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Source("Doe et al.", "On GANs", "ICCV 2019", None), "Doe et al., On GANs, ICCV 2019"),
        (Source(None, "On GANs", "a README", "https://example.org"), "On GANs, a README"),
    ],
)
def test_a_source_in_one_line(source: Source, text: str) -> None:
    """Authors who are not known leave no gap."""
    assert source.text == text


@pytest.mark.parametrize("link", [None, 'https://example.org/"><script>'])
def test_page_shows_rows_as_text(monkeypatch: pytest.MonkeyPatch, link: str | None) -> None:
    """Markup in any field of either table is escaped, in an address too; without an address there is no link."""
    source = Source(EVIL, EVIL, EVIL, link)
    monkeypatch.setattr(html, "PUBLISHED", {"cifar10": (PublishedRow(EVIL, EVIL, EVIL, None, source),)})
    later = SearchedRow(EVIL, EVIL, Scores(EVIL, EVIL), Scores(), EVIL, source)
    monkeypatch.setattr(html, "LATER_SEARCHES", (later,))
    results = replace(fake_run("cifar10"), history=(), entropy={}, generators=(), beams=())
    page = render_report(results, ())
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;") == 3 + 5 + 2 * 3
    assert page.count("<a href=") == (2 if link else 0)
