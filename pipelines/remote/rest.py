"""Requests to the API of Kubeflow Pipelines: bounded in time, and every failure one sentence.

The generated client that kfp uses waits without limit for a silent host, repeats what must not be repeated and shows
stack traces. `BoundedRestClient` takes the place of its lowest layer.
"""

from __future__ import annotations

import json
import re
from typing import Any

import urllib3.exceptions
from kfp_server_api import Configuration
from kfp_server_api.exceptions import ApiException
from kfp_server_api.rest import RESTClientObject

from autogan_core.errors import AutoGANError
from autogan_kubeflow.components.proxies import use_proxy

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 20.0
BACKOFF_S = 0.5
"""The third and last repetition of a read request waits four times as long."""
SHOWN_CHARACTERS = 500
HOST_ENV = "KF_PIPELINES_ENDPOINT"
TOKEN_ENV = "KF_PIPELINES_TOKEN"


class PipelinesError(AutoGANError):
    """Kubeflow Pipelines refused a request, or something else answers at its address. Trying again does not help.

    Args:
        message: one sentence.
        status: of HTTP, where there was an answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class PipelinesUnavailableError(PipelinesError):
    """Kubeflow Pipelines could not be reached, or failed. Trying again later may help."""


class BoundedRestClient(RESTClientObject):  # type: ignore[misc]
    """Sends the generated client's requests; those that only read are repeated on a server's error, three times.

    Args:
        configuration: host and authentication, as kfp made it.
        proxy: on the way there; None: the environment's, if any.
    """

    def __init__(self, configuration: Configuration, proxy: str | None = None) -> None:
        self.host: str = configuration.host
        # A repeated creation would be a second run. Connections and silent hosts get one attempt: people wait.
        configuration.retries = urllib3.Retry(
            total=None,
            connect=0,
            read=0,
            other=0,
            redirect=0,
            status=3,
            allowed_methods={"GET"},
            status_forcelist={429, 500, 502, 503, 504},
            backoff_factor=BACKOFF_S,
            respect_retry_after_header=False,
            raise_on_redirect=False,
            raise_on_status=False,
        )
        use_proxy(configuration, named=proxy)
        super().__init__(configuration)

    def request(self, method: str, url: str, **given: Any) -> Any:
        """Sends one request, with a time limit.

        Returns:
            The answer, whose body is JSON.

        Raises:
            PipelinesUnavailableError: no answer in time, or a server's error.
            PipelinesError: a refusal, or an answer that is not of this API.
        """
        given["_request_timeout"] = given.get("_request_timeout") or (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        try:
            answer = super().request(method, url, **given)
        except ApiException as error:
            raise self._refusal(method, error, bool((given.get("headers") or {}).get("authorization"))) from error
        except urllib3.exceptions.HTTPError as error:
            raise self._silence(method, error) from error
        if not _is_json(answer.data):
            raise self._login_page(answer.status)
        return answer

    def _refusal(self, method: str, error: ApiException, with_token: bool) -> PipelinesError:
        where, status, said = f"Kubeflow Pipelines at {self.host}", int(error.status), _said(error.body)
        if 300 <= status < 400 or (status < 500 and _is_page(error.body) and status not in (401, 403, 404)):
            return self._login_page(status)
        if status == 401:
            token = "refuses the token" if with_token else "asks for a token"
            advice = f"give a valid one by --token-file or {TOKEN_ENV}"
            return PipelinesError(f"{where} {token} (401{said}); {advice}", status)
        if status == 403:
            advice = "ask for the rights in this namespace, or give another token by --token-file"
            return PipelinesError(f"{where} does not permit this (403{said}); {advice}", status)
        if status == 404 and not said:
            advice = f"give the address below which /apis/v2beta1/healthz answers, by --host or {HOST_ENV}"
            return PipelinesError(f"there is no Kubeflow Pipelines API at {self.host} (404); {advice}", status)
        if status == 429 or status >= 500:
            return PipelinesUnavailableError(f"{where} failed ({status}{said}); {_again(method)}", status)
        return PipelinesError(f"{where} refuses the request ({status}{said})", status)

    def _silence(self, method: str, error: urllib3.exceptions.HTTPError) -> PipelinesError:
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, urllib3.exceptions.SSLError):
            advice = "name the authority that signed its certificate by --ca-file, or check http:// against https://"
            return PipelinesError(
                f"there is no trusted TLS connection to {self.host} ({_last_words(reason)}); {advice}"
            )
        if isinstance(reason, urllib3.exceptions.LocationValueError):
            return PipelinesError(f"'{self.host}' is not an address; give one as https://kubeflow.example.org/pipeline")
        if isinstance(reason, urllib3.exceptions.ReadTimeoutError):
            silence = f"does not answer within {READ_TIMEOUT_S:g} s"
            return PipelinesUnavailableError(f"Kubeflow Pipelines at {self.host} {silence}; {_again(method)}")
        advice = f"check --host or {HOST_ENV}, and that this machine may connect there"
        return PipelinesUnavailableError(f"nothing answers at {self.host} ({_last_words(reason)}); {advice}")

    def _login_page(self, status: int) -> PipelinesError:
        return PipelinesError(
            f"{self.host} answers with a web page or a redirection ({status}), probably to log in, where the API of "
            f"Kubeflow Pipelines answers in JSON; give a token by --token-file or {TOKEN_ENV}, or the API's address",
            status,
        )


def _again(method: str) -> str:
    if method == "GET":
        return "try again later"
    return "what was asked may have been done all the same, so look with 'autogan pipeline status' before trying again"


def _last_words(reason: BaseException) -> str:
    """The system's own part of a urllib3 message, without the objects that it names."""
    if type(reason) is urllib3.exceptions.ConnectTimeoutError:
        return f"no connection within {CONNECT_TIMEOUT_S:g} s"
    cause = next((each for each in reversed(reason.args) if isinstance(each, Exception)), reason)
    return re.sub(r"\[[^]]*\] | \(_ssl[^)]*\)", "", str(cause)).rpartition(": ")[2]


def _is_page(body: bytes | None) -> bool:
    return (body or b"").lstrip()[:1] == b"<"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _said(body: bytes | None) -> str:
    """What the API gave as its reason, to stand behind a status; empty where it was not the API that answered."""
    try:
        status = json.loads(body or b"")
    except ValueError:
        return ""
    said = (status.get("message") or status.get("error") or "") if isinstance(status, dict) else ""
    text = " ".join(str(said).split()).rstrip(".")
    return f": {text[:SHOWN_CHARACTERS]}" if text else ""
