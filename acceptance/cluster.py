"""The cluster under test: its APIs, and patience with what takes time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from kubernetes import client  # type: ignore[import-untyped]
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from acceptance.errors import AcceptanceError
from acceptance.progress import Progress
from autogan_kubeflow.components.katib_search import answers
from autogan_kubeflow.components.katib_search.connection import connect

Result = TypeVar("Result")

REQUEST_S = 30
"""An answer of the API server may take so long."""
POLL_S = 1.0
QUIET_S = 30.0
"""Seconds without a change after which the state is printed again."""
PATIENCE_S = 120.0
"""So long the API server may be out of reach."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What was asked for is not there yet."""

    state: str
    """How it stands, in words."""
    detail: str = ""
    """What changes all the time, and is shown now and then only."""


class Cluster:
    """The cluster of the kubeconfig's current context.

    Args:
        api_client: must not retry by itself.
        progress: receives every change of state during a wait.
        clock: seconds from any origin.
        sleep: lets so many seconds pass.
    """

    def __init__(
        self,
        api_client: client.ApiClient,
        progress: Progress,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.api_client, self.progress = api_client, progress
        self.core, self.apps, self.batch = (
            api(api_client) for api in (client.CoreV1Api, client.AppsV1Api, client.BatchV1Api)
        )
        self.versions = client.VersionApi(api_client)
        self.rbac, self.reviews = client.RbacAuthorizationV1Api(api_client), client.AuthorizationV1Api(api_client)
        self.objects, self.definitions = client.CustomObjectsApi(api_client), client.ApiextensionsV1Api(api_client)
        self.clock, self._sleep = clock, sleep

    @classmethod
    def connect(cls, progress: Progress) -> Cluster:
        """Opens the cluster. Raises ConfigError if there is no usable kubeconfig."""
        return cls(connect(), progress)

    @property
    def address(self) -> str:
        """The URL of the API server."""
        return str(self.api_client.configuration.host)

    def call(self, method: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Calls the API server, and repeats the call while the server is unreachable.

        Returns:
            What ``method`` returns.

        Raises:
            ApiException: it refuses.
            AcceptanceError: it cannot be reached for two minutes.
        """  # noqa: DOC501 - CALL_ERRORS are the ApiException above and errors of the transport
        started = self.clock()
        while True:
            try:
                return method(*arguments, **named, _request_timeout=REQUEST_S)
            except answers.CALL_ERRORS as error:
                reason = answers.outage(error)
                if reason is None:
                    raise
                if self.clock() - started > PATIENCE_S:
                    raise AcceptanceError(
                        f"the API server at {self.address} did not answer for {PATIENCE_S:.0f} s, at last: {reason}; "
                        "see that 'kubectl get nodes' works"
                    ) from error
                self.progress.say(f"  the API server does not answer ({reason}); asking again")
                self._sleep(POLL_S)

    def find(self, method: Callable[..., Result], *arguments: Any, **named: Any) -> Result | None:
        """Like `call`; None if there is no such object."""
        try:
            return self.call(method, *arguments, **named)
        except ApiException as error:
            if error.status == answers.NOT_FOUND:
                return None
            raise

    def wait(self, what: str, look: Callable[[], Result | Pending], limit_s: float) -> Result:
        """Polls every second until there is a result, and prints the state whenever it changes.

        Args:
            what: the awaited event, in words.
            look: returns the result, or the current state.
            limit_s: seconds to wait at most.

        Returns:
            The first result of ``look`` that is not `Pending`.

        Raises:
            AcceptanceError: there was none in time.
        """
        started, shown, shown_at = self.clock(), "", 0.0
        while isinstance(found := look(), Pending):
            waited = self.clock() - started
            if waited > limit_s:
                raise AcceptanceError(
                    f"{what}: not done after {limit_s:.0f} s ({found.state}); look at it with kubectl, mend the cause "
                    "and start again"
                )
            if found.state != shown or waited - shown_at > QUIET_S:
                self.progress.say(f"  {what}: {found.state}" + (f", {found.detail}" if found.detail else ""))
                shown, shown_at = found.state, waited
            self._sleep(POLL_S)
        return found
