"""The page: self-contained, complete, escaped, and written for any outcome of a run."""

from __future__ import annotations

import base64
import io
import logging
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from autogan_core.history import Record
from autogan_core.report import RunResults
from autogan_core.report.html import write_report
from autogan_core.report.images import inline_grid
from autogan_core.report.published import LATER_SEARCHES, PUBLISHED
from autogan_core.report.results.decided import Decided, Decision, Taken
from tests.core.report.fake_run import FAILURE, fake_check, fake_protocols, fake_run

SECTIONS = ["architectures", "reward", "policy", "samples", "scores", "reproduce"]
VOID = {"meta", "img", "br", "link"}


class Structure(HTMLParser):
    """Checks that tags nest, and collects what the page refers to and contains."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.sections: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.references += [v or "" for k, v in attrs if k in {"src", "href", "xlink:href", "srcset", "data"}]
        if tag == "section":
            self.sections.append(values["id"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in {"td", "th", "dd", "text", "tspan"}:
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self) -> str:
        """The page's text with single blanks."""
        return " ".join("".join(self.text).split())


def read(results: RunResults, folder: Path) -> tuple[str, Structure]:
    """The page's source and structure."""
    source = write_report(results, folder).read_text()
    structure = Structure()
    structure.feed(source)
    assert structure.open == []
    return source, structure


def without_figures(results: RunResults) -> RunResults:
    """The run without what its figures show, which take most of a page's time."""
    generators = tuple(replace(generator, curve=()) for generator in results.generators)
    return replace(results, history=(), entropy={}, generators=generators)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Structure]:
    """The fake run's page."""
    return read(fake_run(), tmp_path_factory.mktemp("report"))


def test_page_is_self_contained(page: tuple[str, Structure]) -> None:
    """It refers to nothing but its own parts and inline data, runs no script and imports no style."""
    source, structure = page
    assert len(structure.references) > 3
    assert all(reference.startswith(("data:image/png;base64,", "#")) for reference in structure.references)
    addresses = set(re.findall(r"https?://[^\"'\s<]*", source))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<script|<link|<iframe|@import|url\((?!#)", source)


def test_page_has_every_section_in_order(page: tuple[str, Structure]) -> None:
    """The sections stand in the order in which the story is told; no comparison where the paper has none."""
    assert page[1].sections == SECTIONS


@pytest.mark.parametrize(
    "words",
    [
        "The best retrained generator is 1011-10011-10103",
        "cell 2: pre-activation, no norm, bilinear, shortcut, skip from cell 1;",
        "Inception score 8.02 ± 0.12 and FID 12.31, where real images score 9.53 ± 0.06.",
        "a classifier of the data set's own labels, 98.5 % of test images right",
        "search 9 min, retrain 2 h 15 min, evaluate 61.2 s",
        "Collapse: generator 2 (0020-01210-02200) was much worse at its last checkpoint (FID 97.50",
        "stage 1: 4×4",
        "stage 3: 16×16",
        "dynamic reset",
        "derivation",
        "Dynamic resets of the shared GAN: after iterations 4, 13.",
        "64 uncurated samples, best checkpoint (iteration 1,500)",
        "best, at 1,500 7.31 ± 0.12 31.70 5,000 images, 10 splits, classifier features",
        "last, at 2,500 2.41 ± 0.12 97.50",
        "1.765 G",
        "not comparable with published ones",
        "autogan run --preset digits --seed 7 --run-dir runs/digits",
        "controller_steps: 12",
    ],
)
def test_page_says(page: tuple[str, Structure], words: str) -> None:
    """Scores carry their protocol, and what went wrong is said aloud."""
    assert words in page[1].words


def test_scores_of_several_protocols_stand_in_a_table_each(tmp_path: Path) -> None:
    """Under the protocol, in the results' order, and the page says to compare within a table only."""
    _, structure = read(replace(fake_run(), by_protocol=fake_protocols()), tmp_path)
    text = " ".join("".join(structure.text).split())
    first, second = (text.index(table.protocol) for table in fake_protocols())
    assert first < text.index("best, at 2,500 4.21 ± 0.07 63.50") < second < text.index("last, at 2,500 2.41 ± 0.12")
    assert "Compare scores within a table only." in text


def test_further_scores_have_columns_where_there_are_any(tmp_path: Path) -> None:
    """KID, precision and recall stand beside FID, a dash where they lack, and a sentence on how to read them."""
    run = without_figures(fake_run())
    assert "KID" not in "".join(read(run, tmp_path)[1].text)
    assert "Copies" not in "".join(read(run, tmp_path)[1].text)
    first, *others = run.generators
    more = {"kid_50k": 0.01234, "kid_50k_std": 0.0006, "precision_50k": 0.71, "recall_50k": 0.49}
    best = replace(first.best, scores={**first.best.scores, **more})
    _, structure = read(replace(run, generators=(replace(first, best=best), *others)), tmp_path)
    text = " ".join("".join(structure.text).split())
    assert "FID ↓ KID ↓ Precision ↑ Recall ↑ Measured on" in text
    assert "0.0123 ± 0.0006" in text and "Unlike FID, which falls" in text
    assert "FID is biased upwards on so few images: read KID. Inception score: mean" in text


def test_copies_are_said_and_shown(tmp_path: Path) -> None:
    """In words, with the strip, and as a warning where there are any; the last checkpoint's too if it is another."""
    run = without_figures(fake_run())
    clean, copied = fake_check(0), fake_check(3)
    first, second = run.generators
    first = replace(first, best=replace(first.best, copies=clean), last=replace(first.last, copies=copied))
    second = replace(second, best=replace(second.best, copies=clean), last=replace(second.last, copies=copied))
    source, structure = read(replace(run, generators=(first, second)), tmp_path)
    text = " ".join("".join(structure.text).split())
    assert "Generator 1: no copies among 5,000 images (compared with all 1,797 training images). " in text
    assert f"Generator 2: {clean.words}. Last checkpoint: 3 copies among 5,000 images" in text
    assert text.count("3 copies") == 1, "the first generator's last checkpoint is its best one"
    assert source.count(f'src="data:image/png;base64,{clean.strip}" width="660"') == 2
    assert 'class="warning">Generator' not in source
    second = replace(second, best=replace(second.best, copies=copied))
    assert 'class="warning">Generator 2: 3 copies' in read(replace(run, generators=(first, second)), tmp_path)[0]


def test_text_from_outside_is_escaped(page: tuple[str, Structure]) -> None:
    """A failure's message shows as text and opens no tag, and so do other strings that the driver hands over."""
    assert FAILURE in unescape(page[0])
    assert "<nan>" not in page[0]


def test_hostile_strings_stay_text(tmp_path: Path) -> None:
    """Markup in the command, the device or the revision is shown, not obeyed."""
    evil = "<script>alert(1)</script>"
    source, structure = read(
        replace(without_figures(fake_run()), command=evil, device=evil, git_revision=evil), tmp_path
    )
    assert "<script" not in source
    assert structure.words.count(evil) == 3


@pytest.mark.parametrize(("preset", "rows"), [("cifar10", 15), ("stl10", 7)])
def test_published_scores_stand_beside_ours(tmp_path: Path, preset: str, rows: int) -> None:
    """Where the paper has a table, all its rows and later searches are shown, marked as published, with sources."""
    source, structure = read(without_figures(fake_run(preset)), tmp_path)
    assert structure.sections == [*SECTIONS[:-1], "published", SECTIONS[-1]]
    assert source.count("<td>published</td>") == rows + len(LATER_SEARCHES)
    assert structure.words.count("this run 5,000 images") == 2
    for row in PUBLISHED[preset] + LATER_SEARCHES:
        assert row.source.text in structure.words
    assert set(filter(None, (row.source.link for row in LATER_SEARCHES))) <= set(structure.references)


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ("cifar10", "SN-GAN 8.22 ± .05 21.7 ± .01 published Miyato et al., Spectral normalization"),
        (
            "cifar10",
            "EAGAN generator, then discriminator, by evolution 8.81 ± .10 9.91 1.2 GPU days published Ying et al.",
        ),
        ("stl10", "EAGAN generator, then discriminator, by evolution 10.44 ± .087 22.18 1.2 GPU days published"),
        ("stl10", "AlphaGAN generator, by gradients – – 3 GPU hours published Tian et al."),
    ],
)
def test_published_rows_read(tmp_path: Path, preset: str, words: str) -> None:
    """A row has the scores of the run's own data set, and dashes for what was not seen."""
    assert words in read(without_figures(fake_run(preset)), tmp_path)[1].words


def all_failed(results: RunResults) -> RunResults:
    """The run, had every iteration failed."""
    history = tuple(Record(record.assignment, failure="out of memory") for record in results.history)
    return replace(results, history=history, beams=(), generators=())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: replace(without_figures(r), generators=()), "it has not been retrained from scratch"),
        (lambda r: replace(without_figures(r), generators=(), beams=()), "No architecture was found."),
        (lambda r: replace(without_figures(r), beams=()), "This run did not search."),
        (lambda r: replace(without_figures(r), git_revision=None, seconds={}), "revision not known"),
        (lambda r: replace(without_figures(r), real_scores={}, classifier_accuracy=None), "and FID 12.31."),
        (all_failed, "No candidate got a reward: 18 of 18 iterations failed."),
        (lambda r: replace(r, history=r.history[:1], generators=()), "stage 1: 4×4"),
        (
            lambda r: replace(without_figures(r), classifier_accuracy=0.52),
            "right in 52 % of test images",
        ),
    ],
)
def test_any_outcome_gets_a_report(tmp_path: Path, change: object, words: str) -> None:
    """Searches alone, retraining alone, failures and missing facts give a well-formed page that says so."""
    assert callable(change)
    _, structure = read(change(fake_run()), tmp_path)
    assert words in structure.words
    assert structure.sections == SECTIONS


def test_same_results_give_the_same_two_files(
    tmp_path: Path, page: tuple[str, Structure], caplog: pytest.LogCaptureFixture
) -> None:
    """No time or random name leaks in, also when records come unordered; no temporary file or warning is left."""
    results = fake_run()
    with caplog.at_level(logging.WARNING):
        path = write_report(replace(results, history=results.history[::-1]), tmp_path)
    assert path.read_text() == page[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "summary.json"]
    assert caplog.records == []


@pytest.mark.parametrize("channels", [1, 3])
def test_image_grid_keeps_every_pixel(channels: int) -> None:
    """Five 2x2 images lie in rows of three with white borders, pixel for pixel, in an integer enlargement."""
    images = torch.arange(5 * channels * 4, dtype=torch.uint8).reshape(5, channels, 2, 2)
    grid = inline_grid(images)
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(grid.uri.partition(",")[2]))))
    pixels = pixels.reshape(5, 8, channels)
    assert grid.width == 8 * 42
    assert (pixels[0:2, 3:5] == images[1].permute(1, 2, 0).numpy()).all()
    assert (pixels[3:5, 3:5] == images[4].permute(1, 2, 0).numpy()).all()
    assert (pixels[2] == 255).all()
    assert (pixels[3:5, 6:] == 255).all()


def test_decisions_stand_with_their_reasons(tmp_path: Path) -> None:
    """A run that follows advice shows all of it, escaped, with time and memory as announced and as measured; others
    have no such section."""
    decided = Decided(
        findings=("300 images in <b>my-images</b>",),
        decisions=(
            Decision("retrain.incumbents", ["sn-gan"], "so that you see what the search was worth"),
            Decision("data.path", "my-images", "given", given=True),
        ),
        announced=Taken(600.0, 900.0),
        hours=0.2,
        actual=Taken(660.0, 1000.0),
    )
    source, structure = read(replace(without_figures(fake_run()), decided=decided), tmp_path)
    assert structure.sections[-2:] == ["decided", "reproduce"]
    assert 'retrain.incumbents ["sn-gan"] so that you see' in structure.words
    assert "data.path my-images given" in structure.words
    assert "10 min and 900 MiB; it took 11 min and 1,000 MiB (time +10 %, memory +11 %)" in structure.words
    assert "<b>my-images</b>" not in source
