"""The command line with everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autogan_kubeflow.pipelines.cli.main import COMMANDS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_commands_say(name: str) -> None:
    """A command's line in the list is the beginning of its own help."""
    assert (COMMANDS[name].load(name).help or "").startswith(COMMANDS[name].help.removesuffix("."))


def test_help_imports_no_library_of_a_command() -> None:
    """The list of commands needs neither torch nor pydantic, kfp or Kubernetes."""
    code = (
        "import sys\nfrom autogan_kubeflow.pipelines.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "print(sorted({'torch', 'pydantic', 'numpy', 'kfp', 'kubernetes', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert all(name in done.stdout for name in COMMANDS) and done.stdout.endswith("[]\n")
