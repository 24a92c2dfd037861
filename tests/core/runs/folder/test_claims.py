"""Claims on work in a run's folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autogan_core.errors import BusyError
from autogan_core.runs.folder.claims import FolderClaims, NoClaims

HOLD = """
import sys
from pathlib import Path
from autogan_core.runs.folder.claims import FolderClaims
with FolderClaims(Path(sys.argv[1])).claimed(sys.argv[2]):
    print("claimed", flush=True)
    sys.stdin.read()
"""


@contextmanager
def claimed_elsewhere(folder: Path, work: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a claim until the context ends."""
    command = [sys.executable, "-c", HOLD, str(folder), work]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "claimed\n"
        yield process
        process.kill()


def test_two_processes_are_kept_from_the_same_work(tmp_path: Path) -> None:
    """The second is refused with the first's number and time; other work is free, and so is the same one once the
    first has died."""
    claims = FolderClaims(tmp_path)
    with claimed_elsewhere(tmp_path, "retrain/1011") as process:
        refusal = rf"process {process.pid}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d, is at retrain/1011 in {tmp_path};"
        with pytest.raises(BusyError, match=refusal), claims.claimed("retrain/1011"):
            pytest.fail("claimed twice")
        with claims.claimed("retrain/1111"), claims.claimed("search"):
            pass
    with claims.claimed("retrain/1011"):
        pass


def test_a_claim_ends_with_its_context(tmp_path: Path) -> None:
    """Also by an error, and within one process too only one part of it has the work."""
    claims = FolderClaims(tmp_path)
    with pytest.raises(ZeroDivisionError), claims.claimed("search"):
        with pytest.raises(BusyError, match=rf"^process {os.getpid()}, since "), claims.claimed("search"):
            pytest.fail("claimed twice")
        raise ZeroDivisionError
    with claims.claimed("search"):
        pass


def test_a_holder_that_has_not_said_who_it_is_is_another_process(tmp_path: Path) -> None:
    """Between claiming and writing down who it is another process may ask."""
    claims = FolderClaims(tmp_path)
    with claims.claimed("search"):
        [file] = (tmp_path / ".claims").iterdir()
        file.write_text("")
        with pytest.raises(BusyError, match=re.escape("another process is at search")), claims.claimed("search"):
            pytest.fail("claimed twice")


def test_without_claims_everybody_may(tmp_path: Path) -> None:
    """Steps of a pipeline are kept apart by the pipeline."""
    with NoClaims().claimed("search"), NoClaims().claimed("search"):
        assert list(tmp_path.iterdir()) == []
