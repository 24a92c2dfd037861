"""Exit statuses of containers, as the training operator reads them.

A PyTorchJob with ``restartPolicy: ExitCode`` fails for good on 1 to 127, and starts a pod again on 128 and above; a
TrainJob's runtime does nearly the same by its ``podFailurePolicy``. So the status says whether another try can help: a
mistake and a diverged training stay what they are, a spot node that went away, a bucket that could not be reached and a
race that was lost do not.
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
from autogan_core.runtime.machine_errors import machine_error

logger = logging.getLogger(__name__)

PERMANENT = 1
"""Starting again would end the same way."""
RETRY = 138
"""Starting again may help: storage, Katib or the API server were out of reach, a race was lost, another rank failed."""
PREEMPTED = 128 + signal.SIGTERM
"""Stopped by SIGTERM after storing the progress (143): starting again goes on from there."""


class ReportingError(AutoGANError):
    """Katib's DB manager could not be reached; the scores are committed, so another try only reports them."""


class ClusterUnavailableError(AutoGANError):
    """The Kubernetes API server could not be reached, or kept failing; its objects are as they were left."""


_RETRIED = (ClusterUnavailableError, ConflictError, RankFailedError, ReportingError, StorageUnavailableError)


def exit_status(work: Callable[[], None]) -> int:
    """Does the work, logs in one line what goes wrong, and returns the status to exit with."""
    try:
        work()
    except Exception as error:
        return status_of(error)
    return 0


def status_of(error: Exception) -> int:
    """The status to exit with after ``error``, which is logged: in one line if it was raised on purpose."""
    if isinstance(error, PreemptedError):
        logger.warning("%s", error)
        return PREEMPTED
    if isinstance(error, _RETRIED):
        logger.error("%s; worth another try", error)
        return RETRY
    if isinstance(error, AutoGANError):
        logger.error("%s", error)
    elif (message := machine_error(error)) is not None:
        logger.error("%s", message)
    else:
        logger.error("%s: %s", type(error).__name__, error, exc_info=error)
    return PERMANENT
