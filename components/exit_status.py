"""What a container's exit status tells the training operator.

A PyTorchJob with ``restartPolicy: ExitCode`` fails for good on 1 to 127, and starts a pod again on 128 and above. So
the status says whether another try can help: a mistake and a diverged training stay what they are, a spot node that
went away, a bucket that could not be reached and a race that was lost do not.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable

from autogan_core.errors import (
    AutoGANError,
    ConflictError,
    PreemptedError,
    RankFailedError,
    StorageUnavailableError,
)

logger = logging.getLogger(__name__)

PERMANENT = 1
"""Starting again would end the same way."""
RETRY = 138
"""Starting again may help: storage or Katib were out of reach, a race was lost, another rank failed."""
PREEMPTED = 128 + signal.SIGTERM
"""Stopped by SIGTERM after storing the progress (143): starting again goes on from there."""


class ReportingError(AutoGANError):
    """Katib's DB manager could not be reached; the scores are committed, so another try only reports them."""


_RETRIED = (ConflictError, RankFailedError, ReportingError, StorageUnavailableError)


def exit_status(work: Callable[[], None]) -> int:
    """Does the work, logs in one line what goes wrong, and returns the status to exit with."""
    try:
        work()
    except PreemptedError as error:
        logger.warning("%s", error)
        return PREEMPTED
    except _RETRIED as error:
        logger.error("%s; worth another try", error)
        return RETRY
    except AutoGANError as error:
        logger.error("%s", error)
        return PERMANENT
    except Exception as error:
        logger.exception("%s: %s", type(error).__name__, error)
        return PERMANENT
    return 0
