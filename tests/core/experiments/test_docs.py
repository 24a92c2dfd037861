"""docs/results.md: it shows every experiment, with files that are there and commands that parse."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import typer

from autogan_core.cli import app
from autogan_core.experiments.catalogue import EXPERIMENTS

PAGE = Path(__file__).parents[3] / "docs" / "results.md"
TEXT = PAGE.read_text()
SHOWN = [name for name in EXPERIMENTS if name != "payoff"]
"""The page has no run of `payoff` yet."""


@pytest.mark.parametrize("name", SHOWN)
def test_every_experiment_is_shown_with_its_data(name: str) -> None:
    """Anchor, figure and numbers of each experiment are there."""
    assert f'<a id="{name}"></a>' in TEXT
    assert f"](results/{name}/figure.svg)" in TEXT
    assert json.loads((PAGE.parent / "results" / name / "data.json").read_text())


def test_links_lead_to_files_and_anchors() -> None:
    """Every relative link's file is there, and every anchor on the page."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", TEXT)
    assert len(links) > 20
    for name, anchor in links:
        assert not name or (PAGE.parent / name).resolve().is_file(), name
        assert not anchor or f'<a id="{anchor}"></a>' in TEXT, anchor


def test_every_command_is_one() -> None:
    """Each parses, with options that there are; nothing is run."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)).replace("\\\n", " ")
    lines = [shlex.split(line) for line in blocks.splitlines()]
    found = [words[2:] for words in lines if words[0].endswith("autogan")]
    assert len(found) >= len(SHOWN) + 3
    command = vars(typer.main.get_command(app))["commands"]["experiment"]
    for arguments in found:
        context = command.make_context("experiment", list(arguments))
        assert set(context.params["names"] or ()) <= set(EXPERIMENTS)


def test_its_numbers_are_those_of_the_data() -> None:
    """The table at the top quotes data.json: a correlation, a difference of rewards and a share."""
    data = {name: json.loads((PAGE.parent / "results" / name / "data.json").read_text()) for name in SHOWN}
    top = TEXT[: TEXT.index("## At the paper's size")]
    spearman, last = data["proxy"]["spearman"], data["mlas-vs-slas"]["reward_difference_last"]
    assert f"{spearman['value']:.2f} [{spearman['low']:.2f}, {spearman['high']:.2f}]" in top
    assert f"+{last['value']:.2f} [{last['low']:.2f}, {last['high']:.2f}]" in top
    nearest = data["observations"]["choices"]["up-sampling: nearest"]["value"]
    assert f"nearest in {100 * nearest:.0f} %" in top
