"""What a stopped process has started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from autogan_kubeflow.pipelines.children import descendants

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)


def test_descendants_are_those_of_all_generations() -> None:
    """A shell and what it has started; not those that have ended."""
    before = set(descendants())
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo ready; wait"], stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None and shell.stdout.readline() == b"ready\n"
        found = set(descendants()) - before
        assert shell.pid in found and len(found) == 2
        for process in found:
            os.kill(process, signal.SIGKILL)
    assert set(descendants()) == before


def test_a_local_pipeline_takes_its_steps_with_it(tmp_path: Path) -> None:
    """Ctrl-C to the command alone, while a step's process runs: status 130, and no process of the run is left."""
    store = str(tmp_path / "runs")
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "autogan_kubeflow.pipelines.cli",
            "pipeline",
            "run-local",
            "mlas-search",
            "--store",
            store,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as command:
        while not (steps := of_the_run(store) - {command.pid}) and command.poll() is None:
            time.sleep(0.1)
        assert steps
        command.send_signal(signal.SIGINT)
        _, told = command.communicate(timeout=60)
    assert command.returncode == 130 and told.startswith("autogan: stopped; to continue"), told
    assert of_the_run(store) == set()


def of_the_run(store: str) -> set[int]:
    """Processes whose arguments name the store."""
    found = set()
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if store.encode() in arguments.read_bytes():
                found.add(int(arguments.parent.name))
    return found


STOPPED = f"""
import signal, subprocess, sys
from autogan_kubeflow.pipelines import children

children.PATIENCE_SECONDS = 0.2
signal.signal(signal.SIGINT, signal.default_int_handler)
stubborn = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.PIPE)
late = None
try:
    with children.ended_with_this_process():
        assert stubborn.stdout.readline() == b"ready\\n"
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            late = subprocess.Popen(["sleep", "60"])
except KeyboardInterrupt:
    print(stubborn.wait(timeout=10), late.wait(timeout=10))
after = subprocess.run(["sleep", "0.3"])
print(after.returncode)
"""


def test_all_end_when_this_process_is_stopped() -> None:
    """Also one that does not want to, and one that is started after the signal; later ones are left alone."""
    done = subprocess.run([sys.executable, "-c", STOPPED], capture_output=True, text=True, timeout=60, check=True)
    stubborn, late, after = map(int, done.stdout.split())
    assert stubborn == -signal.SIGKILL and late in (-signal.SIGTERM, -signal.SIGKILL) and after == 0
