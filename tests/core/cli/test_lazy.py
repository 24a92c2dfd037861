"""Commands that are imported when they are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.cli import main as core
from autogan_core.cli.lazy import LazyCommand


def test_a_missing_extra_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """It names the extra to install."""
    commands = {"fly": LazyCommand("no_such_package.flying:fly", "Fly.", extra="wings")}
    with pytest.raises(SystemExit) as stop:
        core.main(["fly"], commands)
    error = capsys.readouterr().err
    assert stop.value.code == 1
    assert error.startswith("autogan: 'autogan fly' needs more packages (No module named 'no_such_package')")
    assert "pip install 'autogan-kubeflow[wings]'" in error


def test_a_core_command_that_lacks_a_package_is_a_fault_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """A plain installation holds all that it needs, so the traceback is kept."""
    with pytest.raises(SystemExit):
        core.main(["fly"], {"fly": LazyCommand("no_such_package.flying:fly", "Fly.")})
    error = capsys.readouterr().err
    assert "an error that should not happen: ModuleNotFoundError: No module named 'no_such_package'" in error
    Path(error.split()[-1]).unlink()


def test_unknown_commands_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and the name that was given."""
    with pytest.raises(SystemExit) as stop:
        core.main(["serach"])
    assert stop.value.code == 2 and "serach" in capsys.readouterr().err
