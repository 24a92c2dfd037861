"""docs/extending.md: every change that it shows can be made, and its code then runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "extending.md").read_text()
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
CONTRACT = """
import pathlib, sys
import pytest
from autogan_core.storage.memory import MemoryStore

class Plugin:
    @pytest.fixture
    def store(self):
        return MemoryStore()

module = pathlib.Path("tests/core/storage/test_contract.py")
copy = pathlib.Path("contract") / module.name
copy.parent.mkdir()
copy.write_text(module.read_text())
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", str(copy)], plugins=[Plugin()]))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the core and of the tests' helpers, to be changed."""
    for package in ("autogan_core", "tests/core"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "__init__.py", tmp_path / "tests")
    return tmp_path


def blocks(section: str, language: str) -> list[str]:
    """The contents of a section's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL)


def change(diff: str, root: Path) -> None:
    """Makes a change: its old lines must stand in the file, once."""
    head, *lines = diff.splitlines()
    path = root / head.removeprefix("--- ")
    old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    text = path.read_text()
    assert text.count(old) == 1, (str(path), old)
    path.write_text(text.replace(old, new))


def python(code: str, root: Path) -> None:
    """Runs code on the changed copy."""
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_works(section: str, copy: Path) -> None:
    """New files are written, the changes made, and the remaining code run on the result, each piece by itself."""
    pieces = blocks(section, "python")
    files = {found[1]: piece for piece in pieces if (found := re.match(r"# (\S+\.py)\n", piece))}
    for name, piece in files.items():
        assert not (copy / name).exists()
        (copy / name).write_text(piece.partition("\n")[2])
    for diff in blocks(section, "diff"):
        change(diff, copy)
    shown = [piece for piece in pieces if piece not in files.values()]
    assert shown
    for piece in shown:
        python(f"import autogan_core; assert autogan_core.__file__.startswith({str(copy)!r})\n{piece}", copy)
    if section == "A store":
        python(CONTRACT, copy)


def test_every_section_is_an_example() -> None:
    """The five things that people add."""
    assert len(SECTIONS) == 5
