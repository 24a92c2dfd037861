"""Whatever ends a command becomes one sentence and a status."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autogan_core.cli.guard import guarded
from autogan_core.errors import ConfigError


def outcome(capsys: pytest.CaptureFixture[str], work: Callable[[], int]) -> tuple[int | str | None, str]:
    with pytest.raises(SystemExit) as stop:
        guarded(work, ["run", "a b"], "wings")
    return stop.value.code, capsys.readouterr().err


def raising(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ConfigError("top_k is [/b]; raise it"), 1, "autogan: top_k is [/b]; raise it\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "autogan: No space left on device; free some space, or "),
        (MemoryError(), 1, "autogan: the memory is used up; lower scores.batch_size"),
        (ModuleNotFoundError("No module named 'x'"), 1, "'autogan run' needs more packages (No module named 'x'): pip"),
        (KeyboardInterrupt(), 130, "autogan: stopped; to continue, run the same command again: autogan run 'a b'\n"),
        (SystemExit(2), 2, ""),
        (SystemExit(None), 0, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
    ],
)
def test_each_end_has_its_status(
    capsys: pytest.CaptureFixture[str], error: BaseException, status: int, message: str
) -> None:
    """And at most one message, which prints brackets as they are."""
    code, told = outcome(capsys, raising(error))
    assert code == status
    assert message in told if message else told == ""


def test_a_reader_that_has_gone_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """Typer and Rich make status 1 of it."""

    def work() -> int:
        try:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        except BrokenPipeError:
            raise SystemExit(1)  # noqa: B904

    assert outcome(capsys, work) == (141, "")


def test_what_nobody_has_foreseen_is_kept_in_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says which error, where it was raised, and where its traceback lies, if there is a place for it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, told = outcome(capsys, raising(ZeroDivisionError("by\nzero")))
    found = re.fullmatch(
        r"autogan: an error that should not happen: ZeroDivisionError: by zero \(test_guard.py, line \d+\); please "
        r"report it with its traceback, which is in (.*)\n",
        told,
    )
    assert code == 1 and found, told
    assert "Traceback (most recent call last)" in Path(found[1]).read_text()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert outcome(capsys, raising(ZeroDivisionError()))[1].endswith("); please report it\n")
