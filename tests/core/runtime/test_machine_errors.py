"""What the machine refuses becomes one sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from autogan_core.runtime.machine_errors import machine_error

WRITABLE = "choose a folder that can be written, or mount one there"


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGAN_CACHE", "/my/cache")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space there, or choose another disk, and run the same command again"),
        (errno.EDQUOT, "free some space there"),
        (errno.EFBIG, "free some space there"),
        (errno.EACCES, WRITABLE),
        (errno.EROFS, WRITABLE),
        (errno.ENOTDIR, "a part of the path is no folder; choose another path"),
        (errno.EISDIR, "there is a folder of this name"),
        (errno.ENAMETOOLONG, "choose a shorter one"),
        (errno.EMFILE, "allow more open files at a time, such as by 'ulimit -n 4096'"),
        (errno.EIO, "choose another"),
    ],
)
def test_files_that_cannot_be_used(number: int, remedy: str) -> None:
    """The path, the system's reason and what to do, also where the system names no path."""
    reason = os.strerror(number)
    named = machine_error(OSError(number, reason, "/runs/a [b]"))
    assert named is not None and named.startswith(f"cannot use '/runs/a [b]': {reason}; {remedy}")
    assert (machine_error(OSError(number, reason)) or "").startswith(reason)


def test_a_cache_that_cannot_be_written_names_its_variable() -> None:
    """Nobody has given that path to the command."""
    told = machine_error(PermissionError(errno.EACCES, "Permission denied", "/my/cache/classifier.json"))
    assert told == (
        "cannot use '/my/cache/classifier.json': Permission denied; set AUTOGAN_CACHE to a folder that can be written, "
        "with enough space"
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "the memory is used up; lower scores.batch_size"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "the GPU's memory is used up; lower"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "the memory is used up; lower"),
        (UnicodeEncodeError("ascii", "b\u00e9", 1, 2, "x"), r"'b\xe9' cannot be written in ascii, .* set PYTHONUTF8=1"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "a file that is read as text is none: byte 1 is not utf-8"),
        (KeyError("getpwuid(): uid not found: 4711"), "has no name on this machine; set USER, LOGNAME and HOME"),
        (ValueError("I/O error: No space left on device (os error 28)"), "No space left on device; free some space"),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), "; set TMPDIR to a folder"),
    ],
)
def test_other_wants(error: Exception, message: str) -> None:
    """Memory with the settings to lower, letters, names, and a full disk that a library reports in its own way."""
    told = machine_error(error) or ""
    assert all(part in told for part in message.split(" .* "))


def test_errors_that_are_not_the_machines() -> None:
    """They are nobody's to mend, unless their cause is."""
    assert machine_error(ZeroDivisionError("division by zero")) is None
    assert machine_error(OSError("no number")) is None
    wrapped = RuntimeError("writing failed")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert (machine_error(wrapped) or "").startswith("No space left on device")


def test_a_user_without_a_home_is_told_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file of the run is told as ever then."""
    monkeypatch.delenv("AUTOGAN_CACHE")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("Could not determine home")))
    assert "cannot use" in (machine_error(PermissionError(errno.EACCES, "Permission denied", str(tmp_path))) or "")
