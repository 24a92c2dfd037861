"""A step's attempts: the process that KFP started watches a child do the work, and starts another if that can help.

KFP leaves repeating a step to Argo, and how Argo does that is the installation's choice: with the ``OnError`` that KFP
2.17 installs it takes up lost pods and no exit codes, with its own default, which KFP 2.16 leaves, the reverse. So a
step repeats itself. The watcher has imported next to nothing, so every attempt begins in a process as clean as the
first one's.

Exit codes mean what they mean for trials (`exit_status`): 1 to 127 is for good, 128 and above is worth another try, and
so is a child that was killed. A pod that has to go is told by SIGTERM: it is passed on, and nothing is tried again.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from autogan_kubeflow.components.exit_status import PREEMPTED

logger = logging.getLogger(__name__)

RETRIES_VARIABLE = "AUTOGAN_STEP_RETRIES"
"""Further attempts of a step, in its pod."""
NODE_VARIABLE = "AUTOGAN_NODE"
"""Argo's name for the pod, such as ``x.search.executor(1)``, which ends in how often Argo itself has repeated it."""
_RETRIED = 128
"""The lowest exit status after which another attempt may help."""
_SIGNALS = (signal.SIGTERM, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which of a step's attempts this process is."""

    number: int = 1
    of: int = 1
    """The number of attempts at most."""

    @property
    def last(self) -> bool:
        """Whether no other one follows."""
        return self.number >= self.of


@dataclass(frozen=True, slots=True)
class Backoff:
    """The wait before another attempt."""

    first_s: float = 30.0
    factor: float = 2.0
    longest_s: float = 600.0

    def pause_s(self, attempt: Attempt) -> float:
        """Seconds to wait after ``attempt``."""
        return min(self.first_s * self.factor ** (attempt.number - 1), self.longest_s)


BACKOFF = Backoff()


def begin_attempts(give_up: Callable[[Attempt, str], None]) -> Attempt:
    """Returns in a child of the process that called it, once for each attempt; that process itself never returns.

    It takes the child's exit status for its own: when it is 0, for good, or the last attempt's. Where no attempts are
    wished for, it returns in the calling process.

    Args:
        give_up: is called with the last attempt and the reason if that was killed, and so could not say so itself.
    """
    retries = int(os.environ.get(RETRIES_VARIABLE) or 0)
    if not retries or not in_pod():
        return Attempt()
    former = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # from now on they wait until they are asked for
    attempt = Attempt(1, 1 + retries)
    while True:
        child = _fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)
            return attempt
        code, stopping = _wait(child)
        if stopping:
            _leave(code if code >= 0 else PREEMPTED)
        if 0 <= code < _RETRIED:
            _leave(code)
        reason = killed_by(-code) if code < 0 else f"ended with status {code}"
        if attempt.last:
            if code < 0:
                give_up(attempt, reason)
            _leave(code if code > 0 else _RETRIED - code)
        pause = BACKOFF.pause_s(attempt)
        logger.warning("attempt %d of %d in %.0f s: the one before %s", attempt.number + 1, attempt.of, pause, reason)
        if signal.sigtimedwait([signal.SIGTERM], pause):
            _leave(PREEMPTED)
        attempt = Attempt(attempt.number + 1, attempt.of)


def in_pod() -> bool:
    """Whether this is a pod of Kubeflow Pipelines."""
    return "KFP_POD_NAME" in os.environ


def repeated_by_argo() -> bool:
    """Checks whether Argo made this pod because an earlier pod of the step failed, without being asked to.

    The UI's Retry removes the failed pods from the Workflow, so that Argo counts from 0 again (pipelines,
    ``GenerateRetryExecution`` in backend/src/common/util/workflow.go).

    Returns:
        True in such a pod.
    """
    match = re.search(r"\((\d+)\)$", os.environ.get(NODE_VARIABLE, ""))
    return match is not None and int(match[1]) > 0


def killed_by(number: int) -> str:
    """A killed process in words."""
    name = signal.Signals(number).name
    return f"was killed by {name}" + (", perhaps for want of memory" if number == signal.SIGKILL else "")


def _fork() -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()  # or the child would write it a second time
    return os.fork()


def _wait(child: int) -> tuple[int, bool]:
    """The child's exit status, the negative signal if it was killed; and whether SIGTERM came meanwhile."""
    stopping = False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            # The signal may have gone to the whole process group, and the child may have been faster.
            return os.waitstatus_to_exitcode(status), stopping or signal.SIGTERM in signal.sigpending()
        if signal.sigwait(_SIGNALS) == signal.SIGTERM:
            stopping = True
            os.kill(child, signal.SIGTERM)


def _leave(status: int) -> NoReturn:
    """Ends the watcher, which has nothing to say for itself any more."""
    logging.shutdown()
    os._exit(status)
