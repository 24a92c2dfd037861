"""What a refusal of Google Cloud Storage means, and what lifts it.

The same status has many reasons: 403 stands for a missing right, a retention policy, a bill that was not paid and more.
They are told apart by the reason and the words that the server sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SHOWN_CHARACTERS = 400
_PERMISSION = re.compile(r"\b(storage\.\w+\.\w+)\b")
_ROLE = "the role 'Storage Object User' (roles/storage.objectUser)"
_BUSY = re.compile(r"rate.?limit|too many requests|slow down", re.IGNORECASE)
_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"retentionPolicyNotMet|retention policy|object retention|retained until",
        "runs replace and delete their own objects, so take the retention policy off the bucket, or use another",
    ),
    (
        r"objectUnderActiveHold|under active \S+ hold",
        "runs replace and delete their own objects, so release the hold, and switch off the bucket's default "
        "event-based hold",
    ),
    (
        r"serviceusage|USER_PROJECT_DENIED|userProjectAccessDenied|userProjectInaccessible",
        "grant the account roles/serviceusage.serviceUsageConsumer on the project that AUTOGAN_USER_PROJECT names",
    ),
    (
        r"requester.?pays|user project|UserProjectMissing",
        "set AUTOGAN_USER_PROJECT to the project that pays for these requests",
    ),
    (r"accountDisabled|billing", "switch billing on for the bucket's project"),
    (
        r"vpcServiceControls|SECURITY_POLICY_VIOLATED|prohibited by organization",
        "run inside the service perimeter, or have its administrator admit this account; the identifier in these words "
        "leads to the perimeter's log",
    ),
    (
        r"\bkms\b|cloudkms|encryption key|cmek",
        "grant Cloud Storage's service agent the role roles/cloudkms.cryptoKeyEncrypterDecrypter on the bucket's key, "
        "and see that the key is enabled and in the bucket's region",
    ),
    (r"quotaExceeded|dailyLimitExceeded|\bquota\b|usageLimits", "ask for a higher quota, or wait until it is renewed"),
    (r"IP filter", "have the bucket's owner add this network to its IP filter, or run in one that is in it"),
    (
        r"violates constraint|constraints/|location constraint|orgPolicy",
        "ask the organization's administrator, or use a bucket in a region that the policy allows",
    ),
    (
        r"accessNotConfigured|SERVICE_DISABLED|has not been used in project",
        "switch on the API that these words name in that project",
    ),
)
"""A pattern of reason and words, and what to do; the first that is found counts."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as the server put it."""

    reason: str
    """Google's word for it, such as ``retentionPolicyNotMet``; "" if there was none."""
    words: str
    """The server's own message, on one line; "" if there was none."""

    @property
    def passes(self) -> bool:
        """Whether another try later may be taken."""
        return bool(_BUSY.search(f"{self.reason} {self.words}"))

    @property
    def permission(self) -> str | None:
        """The right that the words name, such as ``storage.objects.list``."""
        found = _PERMISSION.search(self.words)
        return found[1] if found else None

    @property
    def advice(self) -> str | None:
        """What lifts it; None if nothing but a right can be missing."""
        text = f"{self.reason} {self.words}"
        return next((advice for pattern, advice in _ADVICE if re.search(pattern, text, re.IGNORECASE)), None)

    @property
    def grant(self) -> str:
        """What to grant where a right is missing."""
        if self.permission:
            return f"grant the service account {self.permission} on it, which {_ROLE} holds"
        return f"grant the service account {_ROLE} on it"

    def quoted(self) -> str:
        """The words in brackets after a blank; "" if there are none."""
        return f" (it says: {self.words})" if self.words else ""


def read_refusal(error: Any) -> Refusal:
    """Reads what the server said from an error of Google's client library.

    Args:
        error: a `google.api_core.exceptions.GoogleAPICallError`. Uploads and downloads wrap the server's answer in a
            sentence about it, so the answer itself comes first.

    Returns:
        The reason and the words.
    """
    told = _told(getattr(error, "response", None)) or {}
    details = told.get("errors") or list(getattr(error, "errors", None) or [])
    first = next((detail for detail in details if isinstance(detail, Mapping)), {})
    words = told.get("message") or first.get("message") or getattr(error, "message", None) or error
    return Refusal(str(first.get("reason") or told.get("status") or ""), _one_line(str(words)))


def _told(response: Any) -> Mapping[str, Any] | None:
    """The error of a JSON answer; the text of another, such as a download's."""
    if response is None:
        return None
    try:
        told = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        text = str(getattr(response, "text", "") or "")
        return None if text.lstrip().startswith("<") else {"message": text}
    return told if isinstance(told, Mapping) else {"message": str(told)}


def _one_line(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]} ..."
