"""Steps run in the tests' own process, whose logging and signals they change."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def restored_process() -> Iterator[None]:
    """Leaves logging and signals as they were."""
    root = logging.getLogger()
    handlers, level, former = root.handlers[:], root.level, signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        signal.signal(signal.SIGTERM, former)
        logging.captureWarnings(False)
