"""The meaning of the API server's errors: an outage that may pass, or a refusal and who can lift it."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from autogan_core.errors import AutoGANError, ConfigError
from autogan_kubeflow.components.katib_search.errors import ClusterAccessError

CallError: TypeAlias = ApiException | HTTPError | json.JSONDecodeError
"""All that a call of the client may raise."""
CALL_ERRORS = (ApiException, HTTPError, json.JSONDecodeError)

NOT_FOUND = 404
CONFLICT = 409
UNAUTHORIZED = 401
ROLE = "autogan-pipeline"
"""The Role in our manifests with every permission that the search needs."""

_FORBIDDEN = 403
_NO_HTTP = 0
"""What the client calls a failed TLS handshake."""
_PASSING = {_NO_HTTP, 408, 410, 429}


def outage(error: CallError) -> str | None:
    """Explains in a few words why the API server does not answer; None if it did answer, with a refusal."""
    if not isinstance(error, ApiException):
        return _one_line(str(error))
    if error.status in _PASSING or error.status >= 500:
        return None if "CERTIFICATE_VERIFY_FAILED" in str(error.reason) else f"{error.status} {message(error)}"
    return None


def retry_after(error: CallError) -> float:
    """Seconds that the API server asked to be left alone for; 0 if it did not."""
    headers = (error.headers or {}) if isinstance(error, ApiException) else {}
    text = headers.get("Retry-After") or ""
    return float(text) if text.isascii() and text.isdigit() else 0.0


def message(error: ApiException) -> str:
    """The server's own words, on one line."""
    return _one_line(str(_status(error).get("message") or error.body or error.reason))


def is_missing_object(error: CallError) -> bool:
    """Whether the object that was asked for is not there, as opposed to its kind or the way to it."""
    if not isinstance(error, ApiException) or error.status != NOT_FOUND:
        return False
    return bool((_status(error).get("details") or {}).get("name"))


def is_conflict(error: CallError) -> bool:
    """Whether an object of that name is there already, or is another than the one that was meant."""
    return isinstance(error, ApiException) and error.status == CONFLICT


def refusal(error: ApiException, verb: str, resource: str, namespace: str) -> AutoGANError:
    """Converts an answer that a retry would not change to an error.

    Args:
        error: the answer.
        verb: what was tried: create, get, list, watch or delete.
        resource: experiments, trials or suggestions.
        namespace: where.

    Returns:
        The error, with the remedy, for the caller to raise.
    """
    words = message(error)
    if error.status == UNAUTHORIZED:
        return ClusterAccessError(
            f"the API server refuses our token ({words}); log in again, or give the pod a service account"
        )
    if error.status == _FORBIDDEN and "cannot " in words:
        return ClusterAccessError(
            f"no permission to {verb} {resource} in namespace '{namespace}' ({words}); bind the Role '{ROLE}' of the "
            "manifests, which grants it, to this service account"
        )
    if error.status == NOT_FOUND:
        return ClusterAccessError(
            f"cannot {verb} {resource} in namespace '{namespace}' ({words}); install Katib 0.18 or 0.19 in this "
            "cluster, or name a namespace that exists"
        )
    if error.status == _NO_HTTP:
        return ClusterAccessError(f"the API server's certificate is not trusted ({words}); check the kubeconfig's")
    return ConfigError(
        f"the cluster refuses to {verb} {resource} in namespace '{namespace}' with status {error.status}, saying: "
        f"{words}; change what it objects to, and start again"
    )


def _status(error: ApiException) -> dict[str, Any]:
    """The Status object that came with an error; empty if something else did, such as a proxy's page."""
    try:
        status = json.loads(error.body or "{}")
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}


def _one_line(text: str) -> str:
    return " ".join(text.split())
