"""Errors become the exit status that tells the training operator whether to try again."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from autogan_core.errors import (
    AutoGANError,
    ConfigError,
    ConflictError,
    NonFiniteLossError,
    PreemptedError,
    RankFailedError,
    StateError,
    StorageAccessError,
    StorageUnavailableError,
    SupersededError,
)
from autogan_kubeflow.components.exit_status import (
    PERMANENT,
    PREEMPTED,
    RETRY,
    ClusterUnavailableError,
    ReportingError,
    exit_status,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError, PERMANENT),
        (NonFiniteLossError, PERMANENT),
        (StateError, PERMANENT),
        (SupersededError, PERMANENT),
        (StorageAccessError, PERMANENT),
        (AutoGANError, PERMANENT),
        (ZeroDivisionError, PERMANENT),
        (ClusterUnavailableError, RETRY),
        (ConflictError, RETRY),
        (RankFailedError, RETRY),
        (ReportingError, RETRY),
        (StorageUnavailableError, RETRY),
        (PreemptedError, PREEMPTED),
    ],
)
def test_each_error_has_its_status(error: type[Exception], status: int, caplog: pytest.LogCaptureFixture) -> None:
    """1 where another try would not help, 138 and 143 where it may; the reason is logged once."""

    def fail() -> None:
        raise error("the reason")

    with caplog.at_level(logging.WARNING):
        assert exit_status(fail) == status
    assert [record.getMessage().count("the reason") for record in caplog.records] == [1]


def test_a_folder_that_cannot_be_written_is_named_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """On a read-only root no traceback: which folder, and what to do. The kernel lets nobody make folders in /sys."""
    assert exit_status(lambda: Path("/sys/store").mkdir()) == PERMANENT
    [record] = caplog.records
    assert "cannot use '/sys/store': " in record.getMessage() and record.exc_info is None


def test_statuses_are_the_operators() -> None:
    """The training operator starts a pod again from 128 on, and never after 1 to 127; success is 0."""
    assert exit_status(lambda: None) == 0
    assert 1 <= PERMANENT < 128 <= RETRY
    assert PREEMPTED == 143
