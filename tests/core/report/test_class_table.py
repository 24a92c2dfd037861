"""The table of classes, in text and on the page."""

from __future__ import annotations

from dataclasses import replace

from autogan_core.metrics.class_scores import ClassScores
from autogan_core.report.class_table import class_table
from autogan_core.report.html import report_files
from autogan_core.report.samples import samples_page
from autogan_core.report.summary import summary_json
from tests.core.report.fake_run import digit_images, fake_run

SCORES = ClassScores(("cat <b>", "dog"), 500, (0.25, 0.5), (12.345, None))
INCEPTION = replace(SCORES, accuracy=None)


def test_each_class_has_a_line_and_the_last_is_the_mean() -> None:
    """Generators without classes have no columns; what cannot be computed is a dash and counts in no mean."""
    table = class_table([(1, SCORES), (2, None), (3, INCEPTION)])
    assert table is not None
    assert (table.generators, table.images) == ((1, 3), 500)
    assert table.rows == (
        ("cat <b>", ("25 %", "12.35", "–", "12.35")),
        ("dog", ("50 %", "–", "–", "–")),
        ("all, on average", ("38 %", "12.35", "–", "12.35")),
    )
    assert class_table([(1, None)]) is None


def test_words() -> None:
    """A classifier tells what is right; InceptionV3 cannot."""
    assert SCORES.words == "what it should in 38 % of 1,000 images, 500 of each class, as the classifier sees it"
    assert INCEPTION.words == "1,000 images, 500 of each class: FID 12.35 to the class's own, on average"


def test_pages_tell_the_classes_of_a_conditional_generator_alone() -> None:
    """The report, its summary and a samples page have them, escaped; without classes nothing speaks of them."""
    run = fake_run()
    first, second = run.generators
    best = replace(first.best, classes=SCORES)
    conditional = replace(run, generators=(replace(first, best=best), second))
    page, plain = (report_files(results)["report.html"].decode() for results in (conditional, run))
    assert "cat &lt;b&gt;" in page and "Class by class" in page and page.count("class after class") == 1
    assert "Class by class" not in plain and "class after class" not in plain
    assert summary_json(conditional, ()).count("what it should in 38 %") == 1
    samples = samples_page(first.architecture, digit_images(0), best)
    assert "It drew what it should in 38 %" in samples and "uncurated samples, class after class" in samples
