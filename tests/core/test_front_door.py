"""What `autogan_core` exports."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import autogan_core


@pytest.mark.parametrize("name", autogan_core.__all__)
def test_every_name_is_that_of_its_home(name: str) -> None:
    """It is the very object that its module defines, and completion in a notebook offers it."""
    assert getattr(autogan_core, name) is getattr(import_module(autogan_core._HOMES[name]), name)
    assert name in dir(autogan_core)


@pytest.mark.parametrize("name", ["fly", "__path_of__"])
def test_other_names_are_refused(name: str) -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match=f"module 'autogan_core' has no attribute '{name}'"):
        getattr(autogan_core, name)


def test_importing_it_imports_nothing() -> None:
    """Every module below it imports it first."""
    code = "import sys, autogan_core; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
