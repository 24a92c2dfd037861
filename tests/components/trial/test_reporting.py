"""Scores on their way to Katib."""

from __future__ import annotations

import io
import re

import grpc
import pytest

from autogan_kubeflow.components.exit_status import ReportingError
from autogan_kubeflow.components.trial.reporting import PrintReporter, PushReporter
from tests.components.db_manager import db_manager

METRICS = {"inception-score": 0.1 + 0.2, "reward-00": 0.1 + 0.2, "reward-01": 1e-7, "reward-02": -2.5}
KATIBS_FILTER = re.compile(r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)")
"""The collector's default for TEXT."""


def test_pushed_metrics_arrive_exactly() -> None:
    """Every metric once, under the trial's name, with all digits and a time in RFC 3339."""
    with db_manager() as manager:
        PushReporter("mlas-1", manager.address).report(METRICS)
        assert {name: float(value) for name, value in manager.latest("mlas-1").items()} == METRICS
        assert len(manager.rows["mlas-1"]) == len(METRICS)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time, _, _ in manager.rows["mlas-1"])


def test_a_database_that_comes_back_is_waited_for() -> None:
    """Two failures, then success: the metrics are there once."""
    with db_manager() as manager:
        manager.failures = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN]
        PushReporter("mlas-1", manager.address, patience=30).report(METRICS)
        assert manager.latest("mlas-1").keys() == METRICS.keys()


@pytest.mark.parametrize("code", [grpc.StatusCode.UNIMPLEMENTED, None])
def test_a_database_that_stays_away_is_an_error(code: grpc.StatusCode | None) -> None:
    """The message names the address, the trial and what to check; no endless waiting."""
    with db_manager() as manager:
        manager.failures = [code] if code else []
        address = manager.address if code else "127.0.0.1:1"
        with pytest.raises(ReportingError, match=f"DB manager at {address} did not take .* of mlas-1 .*AUTOGAN_DB_MAN"):
            PushReporter("mlas-1", address, patience=0.5).report(METRICS)
        assert manager.rows == {}


def test_printed_metrics_are_what_the_collector_reads() -> None:
    """A time, then name and value; Katib's own expression finds each exactly once, with all digits."""
    out, printed = io.StringIO(), list[str]()
    PrintReporter(out, ready=lambda: printed.append(out.getvalue())).report(METRICS)
    assert printed == [out.getvalue()]  # the collector is waited for at the end, when all is printed
    lines = out.getvalue().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) for line in lines)
    found = [(match[1], float(match[2])) for line in lines for match in KATIBS_FILTER.finditer(line)]
    assert found == list(METRICS.items())
