"""The report as Markdown, and the pens that write it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from autogan_core.history import Record
from autogan_core.presets import load_config
from autogan_core.report import RunResults
from autogan_core.report.markdown import MAX_CHARACTERS, escape, fit, report_markdown, table
from tests.core.report.fake_run import fake_check, fake_protocols, fake_run

LIMIT = 400_000


@pytest.mark.parametrize(
    "words",
    [
        "# AutoGAN on digits\n",
        "preset digits, seed 7, 2026-01-02 03:04 UTC, CPU, 2 threads, revision 0123456789ab",
        "**Best retrained generator: 1011-10011-10103** (cell 1: pre-activation, no norm, nearest, shortcut; cell 2:",
        "Inception score 8.02 ± 0.12 and FID 12.31 (5,000 images, 10 splits, classifier features; checkpoint of",
        "Collapse: generator 2 (0020-01210-02200) was much worse at its last checkpoint (FID 97.50 at iteration 2,500)",
        "| real images | – | 9.53 ± 0.06 | – | 1,797 images, 10 splits, classifier features |",
        "| 1: 1011-10011-10103 | best, at 2,500 | 8.02 ± 0.12 | 12.31 | 5,000 images, 10 splits, classifier features |",
        "| 2: 0020-01210-02200 | last, at 2,500 | 2.41 ± 0.12 | 97.50 | 5,000 images, 10 splits, classifier features |",
        "- iterations: 18 over 3 stages; 197 candidates scored by Inception score (500 images, 5 splits, classifier",
        "- failed iterations: 1\n  - iteration 8: the generator's loss became \\<nan\\> \\& training stopped\n",
        "- dynamic resets of the shared GAN: after iterations 4, 13\n",
        "- time: search 9 min, retrain 2 h 15 min, evaluate 61.2 s\n",
        "| 2 | 0020-01210-02200 | post none deconv \\| post bn deconv shortcut \\| post in deconv | 6.290 |",
        "\n- search.controller\\_steps: 8 -\\> 12\n- search.iterations: 6 -\\> 15\n",
        "\n- search.reward.num\\_images: 250 -\\> 500\n- search.reward.score: log-fid -\\> inception-score\n",
        "\n- seed: 0 -\\> 7\n",
        "```\nautogan run --preset digits --seed 7 --run-dir runs/digits\n```\n",
    ],
)
def test_markdown_says(words: str) -> None:
    """It tells what was found, how it scored, how the search went, and how to repeat it."""
    assert words in report_markdown(fake_run())


def test_scores_of_several_protocols_stand_in_a_table_each() -> None:
    """Under the protocol, in the results' order; real images are left out where their score is not known."""
    text = report_markdown(replace(fake_run(), by_protocol=fake_protocols()))
    scores = text.partition("## Scores\n\n")[2].partition("\n## Search")[0]
    first, second = scores.split("### ")[1:]
    assert first.startswith("2,000 images, 10 splits, Inception features\n\n| Generator |")
    assert "| real images | – | 5.50 | – | 1,797 images, 10 splits, Inception features |" in first
    assert "| 1: 1011-10011-10103 | best, at 2,500 | 4.21 ± 0.07 | 63.50 | 2,000 images" in first
    assert "0020-01210-02200" not in first
    assert second.startswith("5,000 images, 10 splits, classifier features, recipe 1\n\n| Generator |")
    assert second.count("5,000 images, 10 splits, classifier features |") == 4 and "real images" not in second


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"generators": ()}, "Its reward is 6.400; it has not been retrained from scratch."),
        ({"generators": (), "beams": ()}, "No architecture was found."),
        ({"history": ()}, "## Search\n\nThis run did not search.\n"),
        ({"git_revision": None}, "revision not known"),
        ({"seconds": {}}, "- time: not recorded\n"),
    ],
)
def test_any_outcome_gets_a_report(changes: dict[str, Any], words: str) -> None:
    """Searches alone, retraining alone and missing facts are said."""
    assert words in report_markdown(replace(fake_run(), **changes))


@pytest.mark.parametrize(
    ("preset", "words"),
    [("digits", "preset\n\n- search.controller"), ("gone.yaml", "Not known: the preset gone.yaml is not at hand.")],
)
def test_a_preset_file_may_have_stayed_elsewhere(preset: str, words: str) -> None:
    """Settings are held against the preset where there is one."""
    results = fake_run()
    config = results.config.model_copy(update={"preset": preset})
    assert words in report_markdown(replace(results, config=config))


def test_few_images_and_copies_are_said() -> None:
    """How to read FID, below its table, and what the check of the best checkpoint found."""
    run = fake_run()
    first = run.generators[0]
    scores = {**first.best.scores, "kid_5k_classifier": 0.01}
    checked = replace(first, best=replace(first.best, scores=scores, copies=fake_check(1)))
    text = report_markdown(replace(run, generators=(checked, *run.generators[1:])))
    assert "\n\nFID is biased upwards on so few images: read KID.\n\nGenerator 1: 1 copy among 5,000 images" in text


def test_an_unchanged_preset_says_so() -> None:
    """No difference is a statement, too."""
    text = report_markdown(replace(fake_run(), config=load_config("digits")))
    assert "## Settings that differ from the preset\n\nNone.\n" in text


def failing(results: RunResults, message: str, count: int) -> RunResults:
    """The run with so many more iterations that failed with ``message``."""
    first = results.history[0].assignment
    failed = tuple(Record(replace(first, slot=100 + i), failure=message) for i in range(count))
    return replace(results, history=results.history + failed)


def test_endless_failures_are_cut() -> None:
    """Twenty failures are shown, each in its first 300 characters; the rest is counted."""
    text = report_markdown(failing(fake_run(), "x" * 1000 + "end", 5000))
    assert len(text) < 12_000
    assert "- failed iterations: 5001\n" in text
    assert text.count("x" * 300 + " …") == 19
    assert "  - and 4,981 more\n" in text
    assert "## How to repeat it" in text


def test_no_report_is_longer_than_the_ui_shows() -> None:
    """Even a command of half a million characters leaves less than the limit, whole lines, and a word about it."""
    results = replace(fake_run(), command="\n".join(["--set data.name=digits"] * 25_000))
    text = report_markdown(results)
    assert LIMIT - 100 < len(text) < LIMIT
    assert text.endswith("--set data.name=digits\n\n(cut here: the rest is too long to be shown)\n")


@pytest.mark.parametrize("length", [0, 1, MAX_CHARACTERS - 1, MAX_CHARACTERS])
def test_what_fits_stays(length: int) -> None:
    """Up to the limit nothing is cut."""
    assert fit("x" * length) == "x" * length


def test_one_line_too_many_goes() -> None:
    """One character above the limit costs the lines that do not fit, and no more."""
    lines = "\n".join("y" * 99 for _ in range(4001))
    text = fit(lines[: MAX_CHARACTERS + 1])
    assert len(text) <= MAX_CHARACTERS
    assert text.count("y" * 99 + "\n") == 3999


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("1011-10011 ± 0.12", "1011-10011 ± 0.12"),
        ("a|b", "a\\|b"),
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("![x](javascript:y) `z` *w* _v_ ~u~", "\\!\\[x\\](javascript:y) \\`z\\` \\*w\\* \\_v\\_ \\~u\\~"),
        ("\\|", "\\\\\\|"),
        ("two\n\n# lines\t", "two \\# lines"),
    ],
)
def test_escape(text: str, escaped: str) -> None:
    """Plain text stays as it is; nothing in a text becomes a table, a tag, a link or a heading."""
    assert escape(text) == escaped


def test_table() -> None:
    """A header, a ruler and the rows; a bar within a cell makes no new cell."""
    assert table(("A", "B"), [("1", "x|y"), ("2", "")]) == "| A | B |\n| --- | --- |\n| 1 | x\\|y |\n| 2 |  |"


def test_hostile_strings_stay_text() -> None:
    """Markup in the device and the revision is escaped, and a command cannot end its own block."""
    evil = "<img src=x>\n```\n| a |"
    text = report_markdown(replace(fake_run(), device=evil, git_revision=evil, command=evil))
    assert text.count("\\<img src=x\\> \\`\\`\\` \\| a \\|") == 2
    assert text.endswith(f"\n````\n{evil}\n````\n")
