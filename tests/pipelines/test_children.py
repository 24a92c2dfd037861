"""What a stopped process has started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from autogan_kubeflow.pipelines.children import descendants, ended_with_this_process

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


def test_all_end_when_this_process_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that does not want to, and one that is started after the signal."""
    monkeypatch.setattr("autogan_kubeflow.pipelines.children.PATIENCE_SECONDS", 0.2)
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    started = []
    try:
        with pytest.raises(KeyboardInterrupt), ended_with_this_process():
            started.append(subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE))
            assert started[0].stdout is not None and started[0].stdout.readline() == b"ready\n"
            try:
                signal.raise_signal(signal.SIGINT)
            finally:
                started.append(subprocess.Popen(["sleep", "60"]))
        assert all(process.wait(timeout=10) < 0 for process in started)
    finally:
        signal.signal(signal.SIGINT, former)
        for process in started:
            process.kill()
            if process.stdout is not None:
                process.stdout.close()
