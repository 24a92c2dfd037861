"""Processes that wait for each other say for whom; threads stand for them here."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from torch.distributed.distributed_c10d import Store

from autogan_core.errors import PreemptedError, RankFailedError
from autogan_core.runtime.rendezvous import meet

LONG = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look is logged."""
    monkeypatch.setattr("autogan_core.runtime.rendezvous.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("autogan_core.runtime.rendezvous._POLL_SECONDS", 0.01)


@pytest.fixture
def port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def rank(number: int, port: int, size: int = 3, timeout: timedelta = LONG, stop: bool = False) -> Store:
    return meet("127.0.0.1", port, number, size, timeout, lambda: stop)


@contextmanager
def threads() -> Iterator[Callable[..., object]]:
    with ThreadPoolExecutor() as pool:
        started = []

        def start(*arguments: object) -> None:
            started.append(pool.submit(rank, *arguments))  # type: ignore[arg-type]

        yield start
        for future in started:
            future.result()


def until_logged(text: str, caplog: pytest.LogCaptureFixture) -> None:
    deadline = time.monotonic() + 60
    while not any(text in message for message in list(caplog.messages)):
        assert time.monotonic() < deadline, caplog.messages
        threading.Event().wait(0.01)


def test_the_master_says_whom_it_waits_for(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """At once, then who is still missing as they come, and at last that all are there."""
    with caplog.at_level(logging.INFO), threads() as start:
        start(0, port)
        until_logged(f"rank 0 of 3: waiting for ranks 1, 2 at 127.0.0.1:{port}", caplog)
        until_logged(f"still waiting for ranks 1, 2 at 127.0.0.1:{port} after 0 s", caplog)
        start(2, port)
        until_logged(f"still waiting for rank 1 at 127.0.0.1:{port} after", caplog)
        assert "all 3 processes have joined" not in caplog.messages
        start(1, port)
    assert caplog.messages.count("all 3 processes have joined") == 3


def test_who_does_not_come_is_named(port: int) -> None:
    """After the timeout the rank is named with what to look at; another try may help."""
    with pytest.raises(RankFailedError, match=r"ranks 1, 2 did not come to 127\.0\.0\.1:\d+ within 0 s; see whether"):
        rank(0, port, timeout=timedelta(milliseconds=200))


def test_a_master_that_cannot_be_reached_is_named(port: int) -> None:
    """Nothing listens there: the address, and what may be in the way."""
    with pytest.raises(RankFailedError, match=r"rank 1 of 3 cannot reach rank 0 at 127\.0\.0\.1:\d+ \(.*network polic"):
        rank(1, port, timeout=timedelta(milliseconds=200))


def test_waiting_ends_when_asked_to(port: int) -> None:
    """SIGTERM does not have to wait for the others."""
    with pytest.raises(PreemptedError, match="stopped on request while waiting for ranks 1, 2; start the trial again"):
        rank(0, port, stop=True)
