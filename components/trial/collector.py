"""Waits for Katib's metrics collector, which loses what a trial prints that ends before it has started.

The collector is a container beside the trial. It looks for the trial's process once, when it starts, and fails if there
is none; the kubelet starts it after the trial, and pulls its image in between. A trial whose scores are committed
already ends in a second.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

logger = logging.getLogger(__name__)

COLLECTOR = b"file-metricscollector"
"""Stands in the collector's command line, of the kinds StdOut and File."""
PATIENCE_S = 300.0
"""How long to wait for it; its image may have to be pulled."""
SETTLE_S = 2.0
"""It needs a moment from its start to its look at the processes."""
_POLL_S = 0.2


def await_collector(processes: Path = Path("/proc"), patience: float = PATIENCE_S, settle: float = SETTLE_S) -> None:
    """Returns once the collector has found this trial, or at once where there can be none.

    Args:
        processes: where the kernel lists processes.
        patience: seconds to wait for the collector.
        settle: seconds to let it look around.
    """
    if not _shared_by_the_pod(processes):
        return
    deadline = time.monotonic() + patience
    while not _collector_runs(processes):
        if time.monotonic() > deadline:
            logger.warning(
                "Katib's metrics collector has not started within %.0f s; the printed metrics may be lost: see the "
                "pod's containers, and that the Experiment's collector is StdOut or File",
                patience,
            )
            return
        time.sleep(_POLL_S)
    time.sleep(settle)


def _shared_by_the_pod(processes: Path) -> bool:
    """Whether the containers of this pod see each other's processes, as Katib sets it: then the first is the pause."""
    return _read(processes / "1" / "comm").strip() == b"pause"


def _collector_runs(processes: Path) -> bool:
    return any(COLLECTOR in _read(path) for path in processes.glob("[0-9]*/cmdline"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""
