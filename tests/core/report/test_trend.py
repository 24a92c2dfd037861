"""The trend: its page, its Markdown and the sentences about the newest scores."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from autogan_core.report.score_history import Evaluation, HistoryLine
from autogan_core.report.trend import changes, render_trend, trend_markdown
from tests.core.report.fake_history import START, fake_history
from tests.core.report.test_html import Structure

TITLE = "Transfer <to> Fashion-MNIST"
BLUE = "#0072b2"
"""Colour of the first architecture."""


def page_of(lines: tuple[HistoryLine, ...]) -> tuple[str, Structure]:
    """A page's source and structure; its tags nest and it refers to nothing outside."""
    source = render_trend(lines, TITLE)
    structure = Structure()
    structure.feed(source)
    assert structure.open == []
    assert all(reference.startswith("#") for reference in structure.references)
    return source, structure


def drawn(source: str) -> tuple[int, int, int]:
    """Lines, filled markers and hollow markers of the first architecture in the figure, its legend included."""
    lines = re.findall(rf'<path d="[^"]*"[^>]*style="fill: none; stroke: {BLUE}', source)
    filled = re.findall(rf'<use [^>]*style="fill: {BLUE}; stroke: {BLUE}', source)
    hollow = re.findall(rf'<use [^>]*style="fill: #ffffff; stroke: {BLUE}', source)
    return len(lines), len(filled), len(hollow)


@pytest.fixture(scope="module")
def lines() -> tuple[HistoryLine, ...]:
    """Eight weeks."""
    return fake_history(8)


@pytest.fixture(scope="module")
def page(lines: tuple[HistoryLine, ...]) -> tuple[str, Structure]:
    """Their page."""
    return page_of(lines)


def rescored(line: HistoryLine, scores: dict[str, float]) -> HistoryLine:
    """A week later: the first architecture alone, scored anew by another code."""
    evaluation = replace(line.evaluations[0], scores=scores, evaluated=line.time + timedelta(days=6))
    time, code = line.time + timedelta(days=7), f"{line.code}, mended"
    return replace(line, pipeline_run=f"{line.pipeline_run}, again", time=time, code=code, evaluations=(evaluation,))


@pytest.mark.parametrize(
    "words",
    [
        "Transfer <to> Fashion-MNIST 8 evaluations, the newest of 2026-02-23 03:00 UTC.",
        "1011-10011-10103: unchanged, the scores of 2026-02-16 were reused.",
        "Inception score (higher is better)",
        "evaluated anew",
        "scores reused",
        "data changed",
        "code changed",
        "Measured on: fashion-mnist, 5,000 images, 10 splits, classifier features. The classifier was trained",
        "Date (UTC) Architecture Inception score ↑ FID ↓ Best at Scores Revision",
        "2,500, then collapsed new: first time",
        "2026-02-09 03:00 1011-10011-10103",
        "new: data changed",
        "new: code changed 000000000001",
        "reused from 2026-01-26",
    ],
)
def test_page_says(page: tuple[str, Structure], words: str) -> None:
    """Scores, where they come from, what changed, and the protocol."""
    text = " ".join(page[1].words.replace("</p>", " ").split())
    assert words in text.replace("MNIST8", "MNIST 8")


def test_table_is_newest_first(page: tuple[str, Structure]) -> None:
    """22 rows: 3 architectures in the last 6 weeks, 2 in the first 2."""
    dates = re.findall(r'<td class="line">(\d{4}-\d\d-\d\d) ', page[0])
    assert len(dates) == 6 * 3 + 2 * 2
    assert dates == sorted(dates, reverse=True)
    assert dates[0] == "2026-02-23"


def test_figure_tells_new_from_reused(page: tuple[str, Structure]) -> None:
    """The first architecture is new in weeks 0, 3, 5 and 6 and reused in four; a line ends where the data changes."""
    lines, filled, hollow = drawn(page[0])
    assert lines == 2 * 2 + 1  # two pieces in two panels, and the legend's
    assert filled == 2 * 4 + 1  # in two panels, and the legend's
    assert hollow == 2 * 4


def test_scores_of_different_protocols_are_not_joined(lines: tuple[HistoryLine, ...]) -> None:
    """One that is measured on fewer images stands apart, and the caption and the table name both protocols."""
    alike, _ = page_of((*lines[:5], rescored(lines[4], lines[4].evaluations[0].scores)))
    fewer = {"is_1k_10split_classifier": 7.0, "fid_1k_classifier": 30.0}
    apart, structure = page_of((*lines[:5], rescored(lines[4], fewer)))
    assert (drawn(alike)[0], drawn(apart)[0]) == (2 + 1, 2 * 2 + 1)
    assert (
        "newest first: (1) fashion-mnist, 1,000 images, 10 splits, classifier features; "
        "(2) fashion-mnist, 5,000 images, 10 splits, classifier features. No line joins"
    ) in structure.words
    assert "Revision Measured on" in structure.words
    assert apart.count("<td>(1)</td>") == 1
    assert apart.count("<td>(2)</td>") == 3 * 3 + 2 * 2


@pytest.mark.parametrize(
    ("scores", "sentence"),
    [
        (
            {"is_5k_10split": 8.5, "fid_5k": 11.0},
            "Inception score 8.00 → 8.50 (+0.50, better), FID 12.00 → 11.00 (−1.00, better) (new: code changed).",
        ),
        (
            {"is_5k_10split": 7.5, "is_5k_10split_std": 0.1, "fid_5k": 12.001},
            "Inception score 8.00 → 7.50 ± 0.10 (−0.50, worse), FID 12.00 as before (new: code changed).",
        ),
        (
            {"is_1k_10split": 7.5, "fid_5k": 12.5},
            "Inception score 7.50, measured in another way than 8.00 before, so the two cannot be compared, "
            "FID 12.00 → 12.50 (+0.50, worse) (new: code changed).",
        ),
        (
            {"is_5k_10split": 8.0, "fid_5k": 12.0, "kid_5k": 0.0123, "kid_5k_std": 0.001, "recall_5k": 0.5},
            "Inception score 8.00 as before, FID 12.00 as before, KID missing → 0.0123 ± 0.0010, Recall missing → 0.50 "
            "(new: code changed).",
        ),
        (
            {"is_5k_10split": 8.5},
            "Inception score 8.00 → 8.50 (+0.50, better), FID 12.00 → missing (new: code changed).",
        ),
    ],
)
def test_differences_in_words(lines: tuple[HistoryLine, ...], scores: dict[str, float], sentence: str) -> None:
    """Better is up for the Inception score and down for the FID; other protocols are not subtracted."""
    before = rescored(lines[0], {"is_5k_10split": 8.0, "fid_5k": 12.0})
    assert changes([before, rescored(before, scores)]) == [f"1011-10011-10103: {sentence}"]


def test_kid_precision_and_recall_are_followed_too(lines: tuple[HistoryLine, ...]) -> None:
    """With columns, panels and differences of their own: less KID is better, more precision and recall are."""
    more = {"is_5k_10split": 8.0, "fid_5k": 12.0, "kid_5k": 0.0123, "precision_5k": 0.7, "recall_5k": 0.5}
    after = {**more, "fid_5k_low": 10.0, "fid_5k_high": 11.0, "kid_5k": 0.0111, "precision_5k": 0.6, "recall_5k": 0.55}
    before = rescored(lines[0], more)
    both = (before, rescored(before, after))
    [sentence] = changes(both)
    assert "FID 12.00 [10.00, 11.00] as before, KID 0.0123 → 0.0111 (−0.0012, better)" in sentence
    assert "Precision 0.70 → 0.60 (−0.10, worse), Recall 0.50 → 0.55 (+0.05, better)" in sentence
    source, structure = page_of(both)
    words = " ".join(structure.words.split())
    assert all(f"{name} is better)" in words for name in ("KID (lower", "Precision (higher", "Recall (higher"))
    assert "FID ↓ KID ↓ Precision ↑ Recall ↑ Best at" in words
    assert "biased upwards on so few images: read KID. In brackets" in words
    assert drawn(source)[1] == 2 * 5 + 1  # in five panels, and the legend's
    assert "| FID ↓ | KID ↓ | Precision ↑ | Recall ↑ | Best at |" in trend_markdown(both)


@pytest.mark.parametrize(("features", "comparable"), [("", True), ("_classifier", False)])
def test_classifiers_of_different_data_are_not_compared(
    lines: tuple[HistoryLine, ...], features: str, comparable: bool
) -> None:
    """New data make a new classifier, whose scores mean something else; Inception stays what it is."""
    before, after = ({f"is_5k_10split{features}": value, f"fid_5k{features}": 3.0} for value in (8.0, 8.5))
    line = rescored(lines[0], before)
    (sentence,) = changes([line, replace(rescored(line, after), data="other")])
    assert ("cannot be compared" in sentence) != comparable


def test_coming_and_going_is_said(lines: tuple[HistoryLine, ...]) -> None:
    """An architecture without a score before, and one without a score now."""
    alone = rescored(lines[4], {"fid_5k": 9.0})
    sentences = changes([alone, lines[5]])
    assert len(sentences) == 3
    assert sentences[1].startswith("1011-10111-10113: Inception score ")
    assert sentences[1].endswith("(new: first time; not evaluated on 2026-02-09).")
    assert changes([lines[5], alone])[1:] == [
        "1011-10111-10113: no longer evaluated.",
        "1111-10011-10103: no longer evaluated.",
    ]


@pytest.mark.parametrize(
    ("weeks", "words"),
    [(0, "No scores yet."), (1, "The first scores"), (2, "The newest beside the one before")],
)
def test_few_lines_work(weeks: int, words: str) -> None:
    """No line and one line get a page and Markdown, too, without a warning."""
    source, structure = page_of(fake_history(weeks))
    assert words in structure.words
    assert ("<svg" in source) == (weeks > 0)
    assert ("No scores yet." in trend_markdown(fake_history(weeks))) == (weeks == 0)


def test_lines_without_scores_work(lines: tuple[HistoryLine, ...]) -> None:
    """A line without evaluations, or with scores that are missing, draws nothing and says so."""
    unscored = replace(lines[0], evaluations=(replace(lines[0].evaluations[0], scores={}),))
    for found in ((replace(lines[0], evaluations=()),), (unscored,)):
        assert "There are no scores to draw." in page_of(found)[1].words
        assert trend_markdown(found)


def test_markdown_is_the_same_table(lines: tuple[HistoryLine, ...]) -> None:
    """Sentences, then the rows newest first with their protocol; no raw HTML."""
    text = trend_markdown(lines).splitlines()
    assert text[0] == "- 1011-10011-10103: unchanged, the scores of 2026-02-16 were reused."
    assert text[4].startswith("| Date (UTC) | Architecture | Inception score ↑ | FID ↓ | Best at | Scores |")
    assert re.fullmatch(
        r"\| 2026-02-23 03:00 \| 1011-10011-10103 \| \d\.\d\d ± 0\.12 \| \d+\.\d\d \| 2,500 \| "
        r"reused from 2026-02-16 \| 000000000002 \| fashion-mnist, 5,000 images, 10 splits, classifier features \|",
        text[6],
    )
    assert len(text) == 6 + 22 + 2
    assert text[-1] == "FID is biased upwards on so few images."
    assert not re.search(r"(?<!\\)<", "".join(text))


def test_text_from_outside_is_escaped(lines: tuple[HistoryLine, ...]) -> None:
    """Markup in the title, the data set and the revision is shown, not obeyed; a bar makes no cell."""
    evil = "<script>a|b</script>"
    line = replace(lines[0], dataset=evil, revision=evil)
    source = render_trend((line,), evil)
    assert "<script" not in source
    assert source.count("&lt;script&gt;a|b") == 2 + 2 + 1  # title and heading, a revision in each row, the caption
    row = trend_markdown((line,)).splitlines()[-3]
    assert row.count("\\<script\\>a\\|b") == 2
    assert len(re.findall(r"(?<!\\)\|", row)) == 9


def test_a_long_history_is_quick() -> None:
    """Ten years of weeks, always evaluated anew, give their Markdown within seconds."""
    (first,) = fake_history(1)
    weeks = [START + timedelta(weeks=week) for week in range(520)]
    many = [replace(first, time=week, evaluations=evaluated(first, week)) for week in weeks]
    started = time.perf_counter()
    text = trend_markdown(many).splitlines()
    assert time.perf_counter() - started < 10
    assert len(text) == 5 + 520 * 2 + 2
    assert text[5].startswith("| 2035-12-17 03:00 |")


def evaluated(line: HistoryLine, when: datetime) -> tuple[Evaluation, ...]:
    """The line's scores, computed at another time."""
    return tuple(replace(evaluation, evaluated=when) for evaluation in line.evaluations)


@pytest.mark.parametrize(("accuracy", "comparable"), [(0.754, True), (0.63, False)])
def test_different_classifiers_of_the_same_data_are_not_compared(
    lines: tuple[HistoryLine, ...], accuracy: float, comparable: bool
) -> None:
    """Another accuracy is another classifier, such as an earlier version's; its scores are not subtracted."""
    scores = {"is_5k_10split_classifier": 8.0, "fid_5k_classifier": 3.0}
    line = rescored(lines[0], {**scores, "accuracy_classifier": 0.754})
    (sentence,) = changes([line, rescored(line, {**scores, "accuracy_classifier": accuracy})])
    assert ("cannot be compared" in sentence) != comparable
