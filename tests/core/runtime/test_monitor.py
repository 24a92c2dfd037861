"""Progress of work that may be over before anyone wonders."""

from __future__ import annotations

import pytest

from autogan_core.runtime import monitor
from autogan_core.runtime.monitor import SlowTask
from tests.core.tiny import BeginningsMonitor


@pytest.mark.parametrize(("patience", "begun"), [(1000.0, []), (0.0, [(10, 4)])])
def test_slow_work_is_announced(patience: float, begun: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is announced once it has lasted, with what is done by then; what is quick never is."""
    monkeypatch.setattr(monitor, "PATIENCE_S", patience)
    listener = BeginningsMonitor()
    with SlowTask(listener, "reading", 10) as task:
        task.advance(4)
        task.advance(6)
    assert listener.begun == begun
