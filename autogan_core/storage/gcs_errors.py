"""What Google's client library raises, in this project's words. Imports that library, so it is imported late itself."""

from __future__ import annotations

from google.api_core import exceptions as api
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError
from google.cloud.storage.exceptions import DataCorruption  # type: ignore[import-untyped]
from requests.exceptions import RequestException

from autogan_core.errors import AutoGANError, ConflictError, StorageAccessError, StorageUnavailableError
from autogan_core.storage.gcs_refusals import read_refusal

RAISED = (api.GoogleAPIError, GoogleAuthError, DataCorruption, RequestException)
"""Every error of a request. Those that may pass have been tried again until the deadline."""


def translated(error: Exception, bucket: str, location: str) -> Exception:
    """The error to raise instead.

    Args:
        error: one of `RAISED`.
        bucket: the bucket's name.
        location: the object's URI.

    Returns:
        FileNotFoundError when something is not there, ConflictError when a condition does not hold, else a
        StorageAccessError (permanent) or a StorageUnavailableError, which quotes the server.
    """
    if isinstance(error, api.RetryError) and isinstance(error.cause, Exception):
        error = error.cause  # what the last attempt met
    if isinstance(error, api.NotFound):
        return FileNotFoundError(location)
    # Policies of an organization refuse with the same status as conditions on the generation.
    if isinstance(error, api.PreconditionFailed) and read_refusal(error).advice is None:
        return ConflictError(f"{location} is not what it was")
    return _refused(error, bucket) or StorageUnavailableError(
        f"the bucket '{bucket}' cannot be reached ({type(error).__name__}); check the network, or start again later"
    )


def _refused(error: Exception, bucket: str) -> AutoGANError | None:
    if isinstance(error, api.Unauthorized | DefaultCredentialsError | RefreshError):
        said = read_refusal(error).quoted() if isinstance(error, api.Unauthorized) else ""
        return StorageAccessError(
            f"there are no valid credentials for the bucket '{bucket}'{said}; use a service account with workload "
            "identity, or name a key file by GOOGLE_APPLICATION_CREDENTIALS"
        )
    if not isinstance(error, api.ClientError):
        return None
    refusal = read_refusal(error)
    if refusal.passes or isinstance(error, api.TooManyRequests):
        return StorageUnavailableError(
            f"the bucket '{bucket}' takes no more requests for now{refusal.quoted()}; start again later, or ask for a "
            "higher quota"
        )
    if refusal.advice:
        return StorageAccessError(f"the bucket '{bucket}' refuses the request{refusal.quoted()}; {refusal.advice}")
    if isinstance(error, api.Forbidden):
        return StorageAccessError(f"access to the bucket '{bucket}' is denied{refusal.quoted()}; {refusal.grant}")
    return StorageAccessError(
        f"the bucket '{bucket}' refuses the request{refusal.quoted()}; check its name, or mend what these words name"
    )
