"""Several commands in one run's folder at once: one is a real process, stopped in the middle of its work."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autogan_core.search_space import NAMED
from tests.core.cli.test_main import autogan, settings
from tests.core.runs.halved_run import trained_files

pytestmark = pytest.mark.slow

TOP1, OTHER = str(NAMED["paper-top1"]), str(NAMED["sn-gan"])
LONGER = ("retrain.generator_iterations=60", "retrain.validate_every=2", "scores.num_images=32")


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for this module, so that the classifier is trained once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@contextmanager
def stopped(command: list[str], folder: Path, begun: Callable[[], bool]) -> Iterator[subprocess.Popen[str]]:
    """A process of the command line that stands still within the context, in its work, and then comes to its end."""
    program = [sys.executable, "-m", "autogan_core.cli", *command]
    with subprocess.Popen(program, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            _wait(lambda: begun() or process.poll() is not None)
            _wait(lambda: _stands_still(process, folder))
            assert process.poll() is None, process.communicate()[1]
            yield process
            process.send_signal(signal.SIGCONT)
            _, stderr = process.communicate(timeout=300)
            assert process.returncode == 0, stderr
        finally:
            process.kill()


def _stands_still(process: subprocess.Popen[str], folder: Path) -> bool:
    """Stops it; not while it holds the store's lock, which all wait for."""
    process.send_signal(signal.SIGSTOP)
    with (folder / ".store.lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process.send_signal(signal.SIGCONT)
            return False
    return True


def _wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not ready():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def test_commands_work_beside_a_training(tmp_path: Path) -> None:
    """While one architecture is trained, another one is, and sampled, evaluated and reported; the same training is
    refused with the process that is at it. Both trainings come to the bits that they have alone."""
    folder, alone = tmp_path / "run", tmp_path / "alone"
    command = ["retrain", TOP1, *settings(folder, *LONGER)]
    with stopped(command, folder, (folder / f"retrain/{TOP1}/state.json").exists) as process:
        own = ["--run-dir", str(folder)]
        refused = autogan("retrain", TOP1, *own)
        assert refused.returncode == 1
        assert f"process {process.pid}, since 2" in refused.stderr and f"is at retrain/{TOP1} in" in refused.stderr
        assert "best FID" in autogan("retrain", OTHER, *own).stdout
        assert autogan("sample", OTHER, *own, "--count", "1", "--out", str(tmp_path / "a.png")).returncode == 0
        assert autogan("sample", TOP1, *own, "--count", "1", "--out", str(tmp_path / "b.png")).returncode == 0
        assert autogan("evaluate", OTHER, *own).stdout.count("is_32_2split_classifier") == 2
        assert autogan("report", *own).returncode == 0
    assert autogan("retrain", TOP1, OTHER, *settings(alone, *LONGER)).returncode == 0
    assert trained_files(folder) == trained_files(alone)


def test_commands_work_beside_a_search(tmp_path: Path) -> None:
    """While a search goes on nobody else searches there; what it has so far is reported, and a named architecture
    trained. The search comes to what it would have alone."""
    folder, alone = tmp_path / "run", tmp_path / "alone"
    longer = ("search.iterations=12",)
    with stopped(["search", *settings(folder, *longer)], folder, (folder / "history.jsonl").exists) as process:
        own = ["--run-dir", str(folder)]
        for command in ("search", "run"):
            refused = autogan(command, *own)
            assert refused.returncode == 1
            assert f"process {process.pid}, since 2" in refused.stderr and "is at search in" in refused.stderr
        assert autogan("retrain", OTHER, *own).returncode == 0
        assert autogan("report", *own).returncode == 0
        assert 0 < json.loads((folder / "summary.json").read_text())["search"]["iterations"] < 15
    assert autogan("search", *settings(alone, *longer)).returncode == 0
    assert (folder / "history.jsonl").read_bytes() == (alone / "history.jsonl").read_bytes()
