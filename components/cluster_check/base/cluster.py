"""The API server as the checks see it: plain objects by their path, and refusals told apart from absence."""

from __future__ import annotations

from typing import Any

from kubernetes import client  # type: ignore[import-untyped]
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from autogan_core.errors import AutoGANError
from autogan_kubeflow.components.exit_status import ClusterUnavailableError
from autogan_kubeflow.components.katib_search.answers import (
    CALL_ERRORS,
    CONFLICT,
    NOT_FOUND,
    UNAUTHORIZED,
    CallError,
    message,
)
from autogan_kubeflow.components.katib_search.connection import connect
from autogan_kubeflow.components.katib_search.errors import ClusterAccessError

KATIB = "/apis/kubeflow.org/v1beta1"
"""Katib's resources."""
APPS = "/apis/apps/v1"
"""Deployments."""
RBAC = "/apis/rbac.authorization.k8s.io/v1"
"""Roles and their bindings."""

_FORBIDDEN = 403
_TIMEOUT_S = (10, 30)
_PAGE = 500
_MERGE = "application/merge-patch+json"


class NotPermittedError(AutoGANError):
    """The user may not do this.

    Args:
        verb: what was tried.
        what: on what, in words.
        who: who could.
    """

    def __init__(self, verb: str, what: str, who: str) -> None:
        super().__init__(f"not permitted to {verb} {what} (who could: {who})")
        self.verb, self.what, self.who = verb, what, who


class RefusedError(AutoGANError):
    """The cluster refuses what was sent; the message is its own."""


class Cluster:
    """Objects of the API server by their path. What has been read once is not read again.

    Every method raises:
        NotPermittedError: the user may not.
        RefusedError: the server refuses for another reason, or one of its parts does not answer.
        ClusterAccessError: it does not know the user.
        ClusterUnavailableError: it cannot be reached.

    Args:
        api_client: must not retry by itself; see `connect`.
    """

    def __init__(self, api_client: client.ApiClient) -> None:
        self._client = api_client
        self._read: dict[str, dict[str, Any] | None] = {}

    @classmethod
    def connect(cls, context: str | None = None) -> Cluster:
        """Connects to the cluster of a kubeconfig's context.

        None stands for the cluster that this pod runs in, else for the current context.

        Returns:
            A connection; nothing is requested yet.

        Raises:
            ConfigError: there is none.
        """
        return cls(connect(context))

    @property
    def host(self) -> str:
        """The API server's address."""
        return str(self._client.configuration.host)

    def get(self, path: str) -> dict[str, Any] | None:
        """An object; None if there is none, or not even its kind."""
        if path not in self._read:
            self._read[path] = self._get(path)
        return self._read[path]

    def items(self, path: str) -> list[dict[str, Any]]:
        """All objects of a kind; empty if there is no such kind."""
        if path not in self._read:
            found: list[dict[str, Any]] = []
            token: str | None = ""
            while token is not None:
                page = self._get(path, {"limit": _PAGE, **({"continue": token} if token else {})}) or {}
                found += page.get("items", [])
                token = (page.get("metadata") or {}).get("continue") or None
            self._read[path] = {"items": found}
        return list((self._read[path] or {})["items"])

    def fresh(self, path: str) -> dict[str, Any] | None:
        """Like `get`, read anew."""
        self._read.pop(path, None)
        return self.get(path)

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Creates an object in the collection at ``path``; an access review is one too."""
        return self._call("POST", path, body)

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Merges ``body`` into an object."""
        return self._call("PATCH", path, body)

    def replace(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Replaces an object; refused if it has changed since it was read."""
        return self._call("PUT", path, body)

    def delete(self, path: str) -> None:
        """Deletes an object, and lets the cluster collect what belongs to it; nothing happens if it has gone."""
        try:
            self._send("DELETE", path, {"propagationPolicy": "Background"})
        except CALL_ERRORS as error:
            if not _is(error, NOT_FOUND):
                raise _translated(error, "DELETE", path, self.host) from error

    def log(self, path: str) -> str:
        """The end of a container's log; "" if there is none."""
        try:
            answer = self._send("GET", path, None, {"tailLines": 20}, "str")
        except CALL_ERRORS:
            return ""
        return str(answer).strip()

    def _get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any] | None:
        try:
            answer = self._send("GET", path, None, query)
        except CALL_ERRORS as error:
            if _is(error, NOT_FOUND):
                return None
            raise _translated(error, "GET", path, self.host) from error
        return _checked(answer, self.host)

    def _call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return _checked(self._send(method, path, body), self.host)
        except CALL_ERRORS as error:
            raise _translated(error, method, path, self.host) from error

    def _send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: dict[str, Any] | None = None,
        response_type: str = "object",
    ) -> Any:
        headers = {"Accept": "application/json", "Content-Type": _MERGE if method == "PATCH" else "application/json"}
        return self._client.call_api(
            path,
            method,
            query_params=list((query or {}).items()),
            header_params=headers,
            body=body,
            response_type=response_type,
            auth_settings=["BearerToken"],
            _return_http_data_only=True,
            _request_timeout=_TIMEOUT_S,
        )


def in_words(path: str) -> tuple[str, str | None]:
    """The object at a path, such as ``configmaps autogan in autogan``, and its namespace."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = None
    if parts[:1] == ["namespaces"] and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    return " ".join(parts) + (f" in {namespace}" if namespace else ""), namespace


def _checked(answer: Any, host: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise ClusterUnavailableError(f"{host} answers, but not as a Kubernetes API server; check the kubeconfig")
    return answer


def _is(error: CallError, status: int) -> bool:
    return isinstance(error, ApiException) and error.status == status


def _translated(error: CallError, method: str, path: str, host: str) -> AutoGANError:
    what, namespace = in_words(path)
    if not isinstance(error, ApiException) or error.status == 0:
        reason = " ".join(str(error if not isinstance(error, ApiException) else error.reason).split())
        return ClusterUnavailableError(
            f"the API server {host} cannot be reached ({reason}); make 'kubectl get nodes' work first"
        )
    if error.status == UNAUTHORIZED:
        return ClusterAccessError(f"the API server {host} does not know you ({message(error)}); log in again")
    verb = {"GET": "look at", "POST": "create", "PATCH": "change", "PUT": "change", "DELETE": "delete"}[method]
    # Admission refuses with the same status as authorization, but in other words.
    if error.status == _FORBIDDEN and "cannot " in message(error):
        who = f"an administrator of the namespace {namespace}" if namespace else "a cluster administrator"
        return NotPermittedError(verb, what, who)
    if error.status == CONFLICT:
        return RefusedError(f"{what} has changed meanwhile, or is there already ({message(error)}); run this again")
    return RefusedError(f"the cluster refuses to {verb} {what}: {message(error)}")
