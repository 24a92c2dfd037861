"""The reasons of refusals, as Google's server words them, and the advice that belongs to each."""

from __future__ import annotations

import json

import pytest
from google.api_core import exceptions as api
from requests import Response

from autogan_core.errors import AutoGANError, ConflictError, StorageAccessError, StorageUnavailableError
from autogan_core.storage.gcs_errors import translated

WORDS: dict[str, tuple[int, str, str, str]] = {
    "retention": (
        403,
        "retentionPolicyNotMet",
        "Object 'autogan/state.json' is subject to bucket's retention policy or object retention and cannot be "
        "deleted or overwritten until 2027-01-01T00:00:00Z",
        "take the retention policy off the bucket",
    ),
    "hold": (
        403,
        "objectUnderActiveHold",
        "Object 'autogan/state.json' is under active Event-Based hold and cannot be deleted, overwritten or archived "
        "until hold is removed.",
        "release the hold",
    ),
    "billing": (
        403,
        "accountDisabled",
        "The billing account for the owning project is disabled in state absent",
        "switch billing on",
    ),
    "perimeter": (
        403,
        "vpcServiceControls",
        "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: Abc-123",
        "run inside the service perimeter",
    ),
    "key": (
        403,
        "forbidden",
        "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized "
        "to use this key.",
        "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    ),
    "quota": (403, "quotaExceeded", "Daily bandwidth quota exceeded for this bucket.", "ask for a higher quota"),
    "payer": (
        400,
        "required",
        "Bucket is a requester pays bucket but no user project provided.",
        "set AUTOGAN_USER_PROJECT to the project that pays",
    ),
    "payer's right": (
        403,
        "forbidden",
        "me@x.iam.gserviceaccount.com does not have serviceusage.services.use access to the Google Cloud project.",
        "roles/serviceusage.serviceUsageConsumer on the project that AUTOGAN_USER_PROJECT names",
    ),
    "network": (
        403,
        "forbidden",
        "There is an IP filtering condition that is preventing access to the resource.",
        "IP filter",
    ),
    "region": (
        412,
        "conditionNotMet",
        "'us-east1' violates constraint 'constraints/gcp.resourceLocations'",
        "use a bucket in a region that the policy allows",
    ),
    "listing": (
        403,
        "forbidden",
        "me@x.iam.gserviceaccount.com does not have storage.objects.list access to the Google Cloud Storage bucket. "
        "Permission 'storage.objects.list' denied on resource (or it may not exist).",
        "grant the service account storage.objects.list on it, which the role 'Storage Object User'",
    ),
    "unknown": (403, "forbidden", "Something that nobody has heard of.", "the role 'Storage Object User' (roles/"),
}


def answered(status: int, body: bytes) -> Response:
    """An answer of the server."""
    response = Response()
    response.status_code, response._content = status, body
    response.headers["Content-Type"] = "application/json"
    return response


def raised(status: int, message: str, response: Response) -> Exception:
    """The error that the client library makes of an answer."""
    error: Exception = api.from_http_status(status, message, response=response)  # type: ignore[no-untyped-call]
    return error


def refusal(status: int, reason: str, words: str) -> Exception:
    """The error that the client library raises for a request that is refused."""
    told = {"error": {"code": status, "message": words, "errors": [{"message": words, "reason": reason}]}}
    return raised(status, f"POST https://storage/b: {words}", answered(status, json.dumps(told).encode()))


@pytest.mark.parametrize("name", WORDS)
def test_each_reason_has_its_own_advice(name: str) -> None:
    """The sentence quotes the server, names the bucket, and gives no advice that belongs to another reason."""
    status, reason, words, advice = WORDS[name]
    error = translated(refusal(status, reason, words), "photos", "gs://photos/x")
    assert isinstance(error, StorageAccessError) and isinstance(error, AutoGANError)
    assert "the bucket 'photos'" in str(error) and f"(it says: {words.rstrip('.')}); " in str(error)
    assert advice in str(error) and "\n" not in str(error)
    grants = "objectUser" in str(error)
    assert grants == (name in ("listing", "unknown"))


def test_a_rate_limit_passes() -> None:
    """It comes as 403 too, and another try later may be taken."""
    error = translated(refusal(403, "rateLimitExceeded", "The rate of requests is too high"), "photos", "gs://photos/x")
    assert isinstance(error, StorageUnavailableError)
    assert "takes no more requests for now (it says: The rate of requests is too high); start again later" in str(error)


def test_a_condition_that_does_not_hold_is_a_conflict() -> None:
    """412 is what a lost race gets."""
    error = translated(refusal(412, "conditionNotMet", "At least one condition did not hold."), "photos", "gs://x")
    assert isinstance(error, ConflictError)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"me@x does not have storage.objects.get access.", "(it says: me@x does not have storage.objects.get access)"),
        (b"<html>proxy</html>", "(it says: GET https://storage/b: no)"),
        (b"x" * 1000, "x ...)"),
        (b'{"error": "invalid_grant"}', "(it says: invalid_grant)"),
    ],
)
def test_other_answers_are_quoted_too(body: bytes, said: str) -> None:
    """A download's refusal is plain text, a proxy's a page; a long one is cut."""
    error = raised(403, "GET https://storage/b: no", answered(403, body))
    assert said in str(translated(error, "photos", "gs://photos/x"))
