"""Which code runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import autogan_core.runtime.provenance as provenance


def test_an_image_says_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that the image sets comes before any checkout."""
    monkeypatch.setenv("AUTOGAN_REVISION", "0123456789abcdef")
    assert provenance.git_revision() == "0123456789ab"


def test_a_checkout_says_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The commit is found through git, marked after changes, and None elsewhere."""
    monkeypatch.delenv("AUTOGAN_REVISION", raising=False)
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.git_revision() is None
    (tmp_path / "file").write_text("one")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "m"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    commit = provenance.git_revision()
    assert commit is not None and len(commit) == 12
    (tmp_path / "file").write_text("two")
    assert provenance.git_revision() == f"{commit}-dirty"


def test_the_fingerprint_follows_the_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Equal sources have equal fingerprints wherever they lie; a changed or renamed file has another."""
    original = provenance.code_fingerprint()
    copy = tmp_path / "copy"
    shutil.copytree(provenance.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "PACKAGE", copy)

    def fresh() -> str:
        provenance.code_fingerprint.cache_clear()
        return provenance.code_fingerprint()

    try:
        assert fresh() == original
        (copy / "search" / "mlas.py").write_text((copy / "search" / "mlas.py").read_text() + "# changed")
        changed = fresh()
        (copy / "search" / "mlas.py").rename(copy / "nlas.py")
        renamed = fresh()
        assert len({original, changed, renamed}) == 3
    finally:
        provenance.code_fingerprint.cache_clear()
