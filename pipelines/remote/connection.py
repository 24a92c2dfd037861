"""Where Kubeflow Pipelines is and who asks. Importing this module imports kfp, which takes a second."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kfp
from google.auth.exceptions import GoogleAuthError

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.kubernetes_rules import check_name
from autogan_kubeflow.components.proxies import kubeconfig_proxy
from autogan_kubeflow.pipelines.remote.rest import HOST_ENV, TOKEN_ENV, BoundedRestClient, PipelinesError

UI_ENV = "KF_PIPELINES_UI_ENDPOINT"
TOKEN_FILE_ENV = "KF_PIPELINES_SA_TOKEN_PATH"
PAGE_SIZE = 50
_SETTINGS = "~/.config/kfp/context.json"
API_PORT = 8888
IN_CLUSTER_HOST = f"http://ml-pipeline.kubeflow.svc.cluster.local:{API_PORT}"
_API_SERVERS_PATH = "/api/v1/namespaces/"
"""Stands in the address where kfp goes through the API server that the kubeconfig names."""
_NOWHERE = "http://localhost"
"""What the generated client has for a host when nobody named one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """How to reach Kubeflow Pipelines; what is None comes from the environment, a pod's surroundings or kubeconfig."""

    host: str | None = None
    """Such as ``https://kubeflow.example.org/pipeline``; without a scheme, https."""
    token_file: Path | None = None
    """Holds a bearer token; read again for every request, as tokens are renewed."""
    ca_file: Path | None = None
    """Certificates to trust in place of the public authorities', PEM."""
    namespace: str | None = None
    """The namespace of the runs, where Kubeflow serves several users."""

    def __post_init__(self) -> None:
        if self.namespace is not None:
            check_name(self.namespace, "namespace")


@dataclass(frozen=True, slots=True)
class Server:
    """A Kubeflow Pipelines that has answered; made by `connect`."""

    client: kfp.Client
    namespace: str | None
    """None where it serves one user."""

    @property
    def host(self) -> str:
        """The address of the API."""
        host: str = self.client.host
        return host

    def page(self, path: str) -> str:
        """Locates a page of the web interface.

        Args:
            path: such as ``runs/details/ID``.

        Returns:
            The page's URL; where the address is unknown, the path and how to find the address.
        """
        base = os.environ.get(UI_ENV) or (self.client.named and not _only_the_api(self.host) and self.host)
        if base:
            return f"{base.rstrip('/')}/#/{path}"
        return f"#/{path} in the web interface of Kubeflow Pipelines ({UI_ENV} says where that is)"

    def experiment(self, name: str) -> str:
        """The id of the experiment of this name, which is made if there is none."""
        with quiet():
            experiment_id: str = self.client.create_experiment(name, namespace=self.namespace).experiment_id
        return experiment_id

    def everything(self, call: Callable[..., Any], field: str, **query: Any) -> Iterator[Any]:
        """Lists objects, newest first, and requests further pages as they are needed.

        Args:
            call: a ``list_`` method of the client.
            field: the field of its answer that holds the objects.
            query: further arguments of ``call``.

        Yields:
            The objects as kfp gives them.
        """
        token = ""
        while True:
            page = call(
                page_token=token,
                page_size=PAGE_SIZE,
                sort_by="created_at desc",
                namespace=self.namespace,
                **query,
            )
            yield from getattr(page, field) or ()
            token = page.next_page_token or ""
            if not token:
                return


def connect(address: Address) -> Server:
    """Connects to Kubeflow Pipelines, and makes sure that it answers.

    Returns:
        The server, with the user's namespace if it serves several users.

    Raises:
        ConfigError: no host, an unreadable token, or a namespace where there are none or none where there are.
        PipelinesError: another thing answers there, or refuses.
        PipelinesUnavailableError: nothing answers within seconds.
    """
    try:
        with quiet():
            client = _Client(**_arguments(address))
    except (json.JSONDecodeError, OSError) as error:
        raise ConfigError(f"kfp cannot read its own settings ({error}); mend or delete {_SETTINGS}") from error
    except GoogleAuthError as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"Google gives no token for this host ({said}); give one by --token-file") from error
    health = client.get_kfp_healthz()
    if not health.multi_user:
        if address.namespace:
            raise ConfigError(
                f"Kubeflow Pipelines at {client.host} serves one user and has no namespaces; leave out "
                f"--namespace {address.namespace}"
            )
        return Server(client, None)
    namespace = address.namespace or client.get_user_namespace()
    if not namespace:
        raise ConfigError(f"Kubeflow Pipelines at {client.host} serves several users; say whose by --namespace")
    return Server(client, namespace)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps kfp from printing links, warning of its own age and logging what is raised as well."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


class _Client(kfp.Client):  # type: ignore[misc]
    """kfp's client with our requests.

    kfp's constructor calls the two methods below where no namespace is known: the first five times over, five seconds
    apart, the second to write into the home directory, which a pod may not have.
    """

    def __init__(self, host: str | None, token_file: Path | None, **given: Any) -> None:
        self.named = host is not None
        if token_file:
            given["existing_token"] = read_token(token_file)
        super().__init__(host=host, **given)
        if token_file:
            self._healthz_api.api_client.configuration.refresh_api_key_hook = partial(_read_again, token_file)

    @property
    def host(self) -> str:
        """The address that was found."""
        host: str = self._healthz_api.api_client.configuration.host
        return host

    def get_kfp_healthz(self, sleep_duration: int = 5) -> Any:
        """Asks once. All services of the client share the transport that is put in place here."""
        shared = self._healthz_api.api_client
        if not self.named and shared.configuration.host == _NOWHERE:
            advice = f"give one by --host or {HOST_ENV}, or run this in its cluster"
            raise ConfigError(f"no address of Kubeflow Pipelines is known; {advice}")
        if not isinstance(shared.rest_client, BoundedRestClient):
            through_kubectl = not self.named and _API_SERVERS_PATH in shared.configuration.host
            proxy = kubeconfig_proxy() if through_kubectl else None
            shared.rest_client = BoundedRestClient(shared.configuration, proxy)
        try:
            return self._healthz_api.healthz_service_get_healthz()
        except PipelinesError as error:
            # Whatever the API says of an unknown path, this one it knows.
            if error.status == 404:
                raise PipelinesError(
                    f"there is no Kubeflow Pipelines API at {self.host} (404); give the address below which "
                    f"/apis/v2beta1/healthz answers, by --host or {HOST_ENV}",
                    404,
                ) from error
            raise

    def create_pipeline(self, pipeline: Any) -> Any:
        """Creates a pipeline without any version, which kfp's own client cannot."""
        return self._pipelines_api.pipeline_service_create_pipeline(pipeline)

    def delete_recurring_run(self, recurring_run_id: str) -> Any:
        """Deletes a schedule without stopping its runs.

        The schedule owns their workflows. By default Kubernetes' garbage collector would remove these with it, and
        Kubeflow show the runs as running for ever, while a search that they started goes on.

        Returns:
            The answer, which is empty.
        """
        return self._recurring_run_api.recurring_run_service_delete_recurring_run(
            recurring_run_id=recurring_run_id, propagation_policy="ORPHAN"
        )

    def set_user_namespace(self, namespace: str) -> None:
        """Remembers the namespace for this process only."""
        self._context_setting["namespace"] = namespace


def _only_the_api(host: str) -> bool:
    """Whether an address is that of the service ``ml-pipeline`` or of its forwarded port, which serve no pages."""
    parts = urlsplit(host)
    return parts.port == API_PORT or (parts.hostname or "").split(".")[0] == "ml-pipeline"


def _read_again(token_file: Path, configuration: Any) -> None:
    """Called before every request."""
    configuration.api_key["authorization"] = read_token(token_file)


def _arguments(address: Address) -> dict[str, Any]:
    """What kfp's client is made with. It is not told the namespace, which it would look for itself in, in a cluster."""
    host = _host(address.host or os.environ.get(HOST_ENV))
    token = None if address.token_file else os.environ.get(TOKEN_ENV)
    token_file = None if token else address.token_file or _environment_path(TOKEN_FILE_ENV)
    if not host and (token or token_file) and "KUBERNETES_SERVICE_HOST" in os.environ:
        # Left to find the host itself, kfp takes its own idea of a token as well.
        host = IN_CLUSTER_HOST
    arguments: dict[str, Any] = {"host": host, "token_file": token_file}
    if token:
        arguments["existing_token"] = _checked_token(token, TOKEN_ENV)
    if address.ca_file:
        if not address.ca_file.is_file():
            raise ConfigError(f"there is no file {address.ca_file}; --ca-file takes certificates in PEM form")
        arguments["ssl_ca_cert"] = str(address.ca_file)
    return arguments


def _environment_path(name: str) -> Path | None:
    return Path(os.environ[name]) if os.environ.get(name) else None


def _host(given: str | None) -> str | None:
    """The address without the part that a browser shows behind ``#``."""
    if not given:
        return None
    host = given.partition("#")[0].strip()
    host = host if "://" in host else f"https://{host}"
    try:
        parts = urlsplit(host)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or " " in host:
        raise ConfigError(f"'{given}' is not an address; give one as https://kubeflow.example.org/pipeline")
    return host


def read_token(path: Path) -> str:
    """Reads the bearer token from a file.

    Returns:
        The token, without white space around it.

    Raises:
        ConfigError: the file cannot be read, or holds no token.
    """
    try:
        return _checked_token(path.read_text(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the token file {path} cannot be read: {error}; name one that holds a bearer token"
        ) from error


def _checked_token(text: str, source: str) -> str:
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(f"{source} holds no bearer token, which is one line without spaces")
    return token
