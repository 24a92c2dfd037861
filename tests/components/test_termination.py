"""SIGTERM reaches programs that are a container's first process while they still import."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autogan_kubeflow.components.termination import STATUS

ROOT = Path(__file__).parents[2]
MODULE = "autogan_kubeflow.components.termination"
ENTRY_POINTS = [*sorted((ROOT / "components").glob("*/__main__.py")), ROOT / "components/prepare_data.py"]
AS_PROCESS_1 = [
    "unshare",
    *(["--user", "--map-root-user"] if os.getuid() else []),
    "--pid",
    "--fork",
    sys.executable,
    "-c",
]
KILL = "import os, signal; os.kill(os.getpid(), signal.SIGTERM); print('goes on')"


def process_1(code: str) -> subprocess.CompletedProcess[str]:
    """Runs Python as the first process of a PID namespace, as in a container."""
    if not shutil.which("unshare") or subprocess.run([*AS_PROCESS_1, "pass"], capture_output=True).returncode:
        pytest.skip("this machine makes no PID namespace for the tests")
    return subprocess.run([*AS_PROCESS_1, code], capture_output=True, text=True, cwd=ROOT)


def test_process_1_ends_at_sigterm() -> None:
    """With the status of a terminated program; without the module the kernel drops the signal."""
    assert process_1(KILL).stdout == "goes on\n"
    ended = process_1(f"import {MODULE}; {KILL}")
    assert (ended.returncode, ended.stdout) == (STATUS, "") == (143, "")


def test_other_processes_keep_what_they_have() -> None:
    """Importing it changes nothing in a program that is not a container's first process."""
    code = f"import signal, {MODULE}; print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "True\n"


@pytest.mark.parametrize(
    "path", [*ENTRY_POINTS, ROOT / "pipelines/cli/main.py"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_entry_point_imports_it_first(path: Path) -> None:
    """Whatever is imported before it, SIGTERM would have to wait for."""
    imports = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    first = [node for node in imports if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")][0]
    assert isinstance(first, ast.Import) and [name.name for name in first.names] == [MODULE]
