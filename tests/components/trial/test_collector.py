"""A trial that prints its metrics does not end before Katib's collector has seen it."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autogan_kubeflow.components.trial.collector import await_collector

COMMAND = b"./file-metricscollector\0-t\0mlas-1\0-path\0/var/log/katib/metrics.log\0"


def process(folder: Path, number: int, command: bytes, name: bytes = b"x\n") -> None:
    """A process as the kernel lists it; its command line appears whole."""
    place = folder / str(number)
    place.mkdir()
    (place / "comm").write_bytes(name)
    (place / "new").write_bytes(command)
    (place / "new").rename(place / "cmdline")


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    """The processes of a pod whose containers share them: the pause, and the trial in Katib's shell."""
    process(tmp_path, 1, b"/pause\0", b"pause\n")
    process(tmp_path, 7, b"sh\0-c\0python -m components.trial 1>/var/log/katib/metrics.log 2>&1\0", b"sh\n")
    return tmp_path


def test_the_collector_is_waited_for(pod: Path) -> None:
    """Nothing happens until its process is there."""
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(await_collector, pod, 60.0, 0.0)
        threading.Event().wait(0.5)
        assert not waiting.done()
        process(pod, 20, COMMAND)
        waiting.result(timeout=60)


def test_a_collector_that_never_comes_is_said(pod: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The trial ends all the same, with a warning that says what to look at."""
    (pod / "33").mkdir()  # a process that has ended between two looks
    with caplog.at_level(logging.WARNING):
        await_collector(pod, patience=0.0)
    [line] = caplog.messages
    assert line.startswith("Katib's metrics collector has not started within 0 s; the printed metrics may be lost")


@pytest.mark.parametrize("name", [b"sh\n", b"systemd\n", None])
def test_elsewhere_nothing_is_waited_for(tmp_path: Path, name: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    """A container of its own, a machine, and a system without such a list: no pause, no collector, no word."""
    if name:
        process(tmp_path, 1, b"something\0", name)
    await_collector(tmp_path, patience=0.0)
    assert caplog.messages == []
