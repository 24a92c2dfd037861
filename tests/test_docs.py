"""README.md and docs/: what they name exists, and their commands parse."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

import autogan_core
from autogan_core.config import MAY_CHANGE
from autogan_kubeflow.pipelines.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
LOCAL = ROOT / "docs" / "local.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TOP = ("acceptance", "autogan_core", "autogan_kubeflow", "benchmarks", "components", "docs", "manifests", "pipelines")


def anchors(page: Path) -> set[str]:
    """The anchors of a page: its headings', and those that it sets itself."""
    text = page.read_text()
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    own = re.findall(r'<a id="([^"]+)"', text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(own)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Every relative link's file or folder is there, and its heading in it."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for name, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", text):
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), name
        assert not anchor or anchor in anchors(target), (name, anchor)


def test_paths_of_the_architecture_exist() -> None:
    """Every path in back-quotes or in a picture that begins with a top-level folder, or with a room of the core."""
    text = ARCHITECTURE.read_text()
    paths = set(re.findall(r"[\w./]+/[\w./]*\w", re.sub(r"https?:\S+", "", text)))
    named = {path.removeprefix("../") for path in paths if path.removeprefix("../").partition("/")[0] in TOP}
    shortened = {path for path in paths if path.endswith(".py") and path.removeprefix("../") not in named}
    assert len(named) > 20 and shortened
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [path for path in shortened if not (ROOT / "autogan_core" / path).exists()] == []


def test_modules_of_the_architecture_exist() -> None:
    """Every dotted name of a module can be imported."""
    modules = set(re.findall(r"`((?:autogan_core|autogan_kubeflow)(?:\.\w+)*)`", ARCHITECTURE.read_text()))
    assert modules
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def test_the_architecture_shows_every_room() -> None:
    """The pictures hold the layers of the import-linter contracts, in their order."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rooms = [contract for contract in contracts if contract.get("exhaustive")]
    pictures = re.findall(r"```mermaid\nflowchart TD\n(.*?)```", ARCHITECTURE.read_text(), re.DOTALL)[1:]
    assert len(rooms) == len(pictures) == 2
    for contract, picture in zip(rooms, pictures, strict=True):
        shown = [label.partition("<br>")[0] for label in re.findall(r'\["([^"]+)"\]', picture)]
        assert shown == contract["layers"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_autogan_command_is_one(page: Path) -> None:
    """Each parses, with options that there are; nothing is run."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    for line in lines:
        words = shlex.split(line, comments=True)
        if words and words[0].rpartition("/")[2] == "autogan" and "--help" not in words:
            parse(words[1 : words.index("|")] if "|" in words else words[1:])


def parse(words: list[str]) -> None:
    """Follows a command line through the groups to its command, which must take the rest."""
    name, *rest = words
    command: Any = COMMANDS[name].load(name)
    while isinstance(command, TyperGroup):
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(name, rest)


def first_cells(section: str) -> set[str]:
    """What stands in back-quotes in the first cells of the tables below a heading of docs/local.md."""
    [text] = re.findall(rf"^## {section}\n(.*?)(?=^## )", LOCAL.read_text(), re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`]+)`", "".join(re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)))) - {"autogan_core"}


def test_every_export_is_described() -> None:
    """Under "From Python", each name that programs import, and no other."""
    assert first_cells("From Python") == set(autogan_core.__all__)


def test_the_settings_that_may_change_in_a_run_are_listed() -> None:
    """Under "Settings", all of them, and no other."""
    assert first_cells("Settings") == MAY_CHANGE


def test_the_readme_is_short() -> None:
    """At most 1,300 words, a picture and the first command on the first screen."""
    text = README.read_text()
    assert len(text.split()) <= 1300
    first_screen = "\n".join(text.splitlines()[:40])
    assert "![" in first_screen and "make demo" in first_screen
