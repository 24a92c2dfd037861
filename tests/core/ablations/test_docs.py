"""docs/results.md: it shows every experiment, with files that are there and commands that parse."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from autogan_core.ablations.catalogue import ABLATIONS
from autogan_core.ablations.pages.statistics import paired_difference
from autogan_core.cli.reproduce import app

PAGE = Path(__file__).parents[3] / "docs" / "results.md"
TEXT = PAGE.read_text()
STUDY = PAGE.parent / "study"
DATA_SETS = ("cifar10", "fashion-mnist")
STUDIED: dict[str, tuple[str, ...]] = {"payoff": DATA_SETS, "proxy": DATA_SETS, "search-choices": ()}
"""Experiments that have a page for each of some data sets, as `autogan reproduce` wrote it."""
SHOWN = [name for name in ABLATIONS if name not in STUDIED]


def numbers(data_set: str, name: str) -> dict[str, Any]:
    """The data of a study."""
    return dict(json.loads((STUDY / data_set / name / "data.json").read_text()))


def quoted(estimate: dict[str, float]) -> str:
    """An estimate as the page writes it."""
    return f"{estimate['value']:.2f} [{estimate['low']:.2f}, {estimate['high']:.2f}]"


@pytest.mark.parametrize("name", SHOWN)
def test_every_experiment_is_shown_with_its_data(name: str) -> None:
    """Anchor, figure and numbers of each experiment are there."""
    assert f'<a id="{name}"></a>' in TEXT
    assert f"](results/{name}/figure.svg)" in TEXT
    assert json.loads((PAGE.parent / "results" / name / "data.json").read_text())


@pytest.mark.parametrize(("name", "data_set"), [(name, data_set) for name in STUDIED for data_set in STUDIED[name]])
def test_every_study_is_shown_with_its_page(name: str, data_set: str) -> None:
    """Anchor and figure are here, and the page of the data set has the experiment's own section."""
    assert f'<a id="{name}"></a>' in TEXT
    assert f"](study/{data_set}/{name}/figure.svg)" in TEXT
    assert f'<a id="{name}"></a>' in (STUDY / data_set / "results.md").read_text()
    assert f"](study/{data_set}/results.md#{name})" in TEXT


def test_what_is_not_measured_yet_is_named() -> None:
    """The page says so of each experiment that has no results."""
    [missing] = [paragraph for paragraph in TEXT.split("\n\n") if paragraph.startswith("Not measured yet:")]
    for name, data_sets in STUDIED.items():
        assert (f"`{name}`" in missing) == (not data_sets)


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_what_the_studies_say_is_what_they_measured(data_set: str) -> None:
    """Every ratio of FIDs, the ruler's correlation and the policy's gains, all with their intervals."""
    payoff, proxy = numbers(data_set, "payoff"), numbers(data_set, "proxy")
    ratios = [comparison["fid_ratio"] for comparison in payoff["comparisons"].values()]
    alone = payoff["equal_length"]["SN-GAN's generator"]["fid_ratio"]
    gains = [gain["over_seeds"] for gain in proxy["gains"].values()]
    for estimate in (*ratios, alone, proxy["spearman"], *gains):
        assert quoted(estimate) in TEXT


@pytest.mark.parametrize("checkpoint", ["last", "best"])
@pytest.mark.parametrize("arm", ["none", "adaptive"])
def test_few_images_are_what_was_measured(checkpoint: str, arm: str) -> None:
    """The table's KID and FID of each seed are those in the trainings' files, rounded."""
    files = sorted((STUDY / "few-images").glob(f"500-{arm}-*.json"))
    found = [json.loads(path.read_text())[checkpoint] for path in files]
    [row] = [line for line in TEXT.splitlines() if line.startswith(f"| {checkpoint} | {arm} |")]
    cells = [[float(number) for number in cell.split(",")] for cell in row.split("|")[3:5]]
    for cell, score, tolerance in zip(cells, ("kid", "fid"), (0.0006, 0.06), strict=True):
        assert cell == pytest.approx([scores[score] for scores in found], abs=tolerance)


@pytest.mark.parametrize("checkpoint", ["last", "best"])
def test_few_images_differences_have_the_intervals_of_the_files(checkpoint: str) -> None:
    """Each is the paired difference of the two arms, with as many digits as the page shows."""
    [row] = [line for line in TEXT.splitlines() if line.startswith(f"| {checkpoint} | difference |")]
    for cell, (score, digits) in zip(
        row.split("|")[3:7], (("kid", 3), ("fid", 2), ("precision", 2), ("recall", 2)), strict=True
    ):
        values = [
            [
                json.loads(path.read_text())[checkpoint][score]
                for path in sorted((STUDY / "few-images").glob(f"500-{arm}-*.json"))
            ]
            for arm in ("adaptive", "none")
        ]
        estimate = paired_difference(*values)
        assert cell.strip() == f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def test_links_lead_to_files_and_anchors() -> None:
    """Every relative link's file is there, and every anchor on the page."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", TEXT)
    assert len(links) > 20
    for name, anchor in links:
        assert not name or (PAGE.parent / name).resolve().is_file(), name
        page = (PAGE.parent / name).read_text() if name.endswith(".md") else TEXT
        assert not anchor or f'<a id="{anchor}"></a>' in page, anchor


def test_every_command_is_one() -> None:
    """Each parses, with options that there are; nothing is run."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)).replace("\\\n", " ")
    lines = [shlex.split(line) for line in blocks.splitlines()]
    found = [words[2:] for words in lines if words[0].endswith("autogan")]
    assert len(found) >= len(SHOWN) + 3
    command = typer.main.get_command(app)
    for arguments in found:
        context = command.make_context("reproduce", list(arguments))
        assert set(context.params["names"] or ()) <= set(ABLATIONS)


def test_its_numbers_are_those_of_the_data() -> None:
    """The table at the top quotes data.json: a difference of rewards and a share."""
    data = {name: json.loads((PAGE.parent / "results" / name / "data.json").read_text()) for name in SHOWN}
    top = TEXT[: TEXT.index("## At the paper's size")]
    last = data["mlas-vs-slas"]["reward_difference_last"]
    assert f"+{last['value']:.2f} [{last['low']:.2f}, {last['high']:.2f}]" in top
    nearest = data["observations"]["choices"]["up-sampling: nearest"]["value"]
    assert f"nearest in {100 * nearest:.0f} %" in top
