"""Progress in the log."""

from __future__ import annotations

import json
import logging

import pytest

from autogan_kubeflow.components.log_monitor import LogMonitor
from autogan_kubeflow.components.logs import JSONFormatter


@pytest.mark.parametrize(("seconds", "lines"), [(3600.0, 2), (0.0, 5)])
def test_tasks_are_logged_now_and_then(seconds: float, lines: int, caplog: pytest.LogCaptureFixture) -> None:
    """At the beginning, at the end and no more often than asked for, with how far it is and the latest values."""
    with caplog.at_level(logging.INFO), LogMonitor(seconds).task("training", 3) as task:
        for step in range(3):
            task.advance(1, {"loss_d": 2.0 - step})
    assert len(caplog.records) == lines
    last = json.loads(JSONFormatter().format(caplog.records[-1]))
    assert last["message"] == "training: 3 of 3"
    assert last["loss_d"] == 0.0
    assert last["severity"] == "INFO"


def test_a_resumed_task_is_logged_from_where_it_was(caplog: pytest.LogCaptureFixture) -> None:
    """The first line tells what an earlier process did, not nothing."""
    with caplog.at_level(logging.INFO), LogMonitor().task("training", 600, done=120) as task:
        task.advance(480)
    assert [record.getMessage() for record in caplog.records] == ["training: 120 of 600", "training: 600 of 600"]


def test_the_message_comes_first() -> None:
    """Kubeflow's UI shows the beginning of a long line only."""
    record = logging.LogRecord("autogan_core.runs.run", logging.INFO, "f", 1, "training: 3 of 3", (), None)
    record.__dict__ |= {"loss_d": 0.5}
    line = JSONFormatter().format(record)
    assert line.startswith('{"message": "training: 3 of 3", "severity": "INFO", ')
    assert list(json.loads(line)) == ["message", "severity", "time", "logger", "loss_d"]


def test_exceptions_are_part_of_the_line() -> None:
    """One JSON object a line, the traceback included."""
    try:
        raise ValueError("oops")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it %s", ("broke",), (ValueError, error, None))
    line = JSONFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "it broke"
    assert "ValueError: oops" in json.loads(line)["exception"]
