"""Google's retry, which says so in the log. Imports Google's client library, so it is imported late itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from google.api_core import exceptions as api
from google.cloud.storage.exceptions import InvalidResponse  # type: ignore[import-untyped]
from google.cloud.storage.retry import DEFAULT_RETRY  # type: ignore[import-untyped]

from autogan_core.storage.gcs_refusals import read_refusal

logger = logging.getLogger(__name__)

REPORT_SECONDS = 30.0
"""Least time between two lines about one bucket."""
_LONGEST_PAUSE_S = 20.0


class ReportedRetry:
    """Repeats a request as `google.cloud.storage.retry.DEFAULT_RETRY` does, and warns that the bucket does not answer.

    Too many requests are answered by 429, or by 403 with a reason that says so; both are repeated.

    The client library calls it as it would a `google.api_core.retry.Retry`. The first failure is logged with what will
    happen, later ones now and then, and the answer that ends an outage once. The error at the deadline is the caller's.

    Args:
        bucket: its name, for the log.
        timeout: seconds that one request is repeated for.
    """

    def __init__(self, bucket: str, timeout: float) -> None:
        pauses = DEFAULT_RETRY.with_delay(initial=0.5, maximum=_LONGEST_PAUSE_S, multiplier=2.0)
        self._retry = pauses.with_timeout(timeout)
        self._bucket, self._timeout = bucket, timeout
        self._reported: float | None = None
        """When the last line about a failure was logged."""
        self._failing_since: float | None = None
        """The time since which the bucket has not answered, if that was logged."""

    def __call__(self, request: Callable[..., Any]) -> Callable[..., Any]:
        """Wraps a request so that it is repeated when it fails."""

        def repeated(*args: Any, **kwargs: Any) -> Any:
            deadline = time.monotonic() + self._timeout
            result = self._retry(_with_busy_told(request), on_error=lambda error: self._failed(error, deadline))(
                *args, **kwargs
            )
            self._answered()
            return result

        return repeated

    def _failed(self, error: Exception, deadline: float) -> None:
        now = time.monotonic()
        left = max(deadline - now, 0.0)
        if self._reported is not None and now - self._reported < REPORT_SECONDS:
            return
        if self._failing_since is not None and left < _LONGEST_PAUSE_S:
            return  # the next pause may end in the caller's error, which says it all
        self._failing_since = self._failing_since or now
        self._reported = now
        logger.warning(
            "the bucket '%s' cannot be reached (%s); trying for %.0f s more",
            *(self._bucket, _cause(error), left),
        )

    def _answered(self) -> None:
        if self._failing_since is not None:
            logger.info(
                "the bucket '%s' answers again after %.0f s", self._bucket, time.monotonic() - self._failing_since
            )
            self._failing_since = None


def _cause(error: BaseException) -> str:
    """The innermost error, such as a refused connection: the outer ones repeat the request's whole address."""
    while error.__context__ is not None:
        error = error.__context__
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _with_busy_told(request: Callable[..., Any]) -> Callable[..., Any]:
    """The request, with the 403 of a rate limit as the 429 that Google's retry knows."""

    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return request(*args, **kwargs)
        except (api.Forbidden, InvalidResponse) as error:  # the latter comes of uploads and downloads
            if getattr(error.response, "status_code", None) == api.Forbidden.code and read_refusal(error).passes:
                busy = api.TooManyRequests(str(error), response=error.response)  # type: ignore[no-untyped-call]
                raise busy from error
            raise

    return told
