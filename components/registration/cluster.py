"""The way to the cluster, and what to say where it does not let us in."""

from __future__ import annotations

import os

from kubernetes import client, config  # type: ignore[import-untyped]
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]
from urllib3.exceptions import HTTPError

from autogan_core.errors import AutoGANError
from autogan_kubeflow.components.proxies import kubeconfig_proxy, use_proxy

TIMEOUT_S = 30
REFUSALS = (ApiException, HTTPError)
"""What a request ends with that the API server did not answer as wanted."""


class ClusterError(AutoGANError):
    """The cluster cannot be reached, refuses, or has no Katib."""


def connect() -> client.ApiClient:
    """Creates a client for the cluster that this pod runs in, else for that of the current kubectl context.

    Only the latter is reached through the proxy of the kubeconfig or the environment.

    Returns:
        The client; nothing is requested yet.

    Raises:
        ClusterError: there is neither a pod's service account nor a usable kubeconfig.
        ConfigError: the proxy is not one of HTTP.
    """
    configuration = client.Configuration()
    try:
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(client_configuration=configuration)
            use_proxy(configuration, named=kubeconfig_proxy())
    except config.ConfigException as error:
        raise ClusterError(
            f"no cluster is configured ({error}); make 'kubectl get nodes' work first, or edit a file with --file"
        ) from error
    return client.ApiClient(configuration)


def reason(error: ApiException | HTTPError, forbidden: str, missing: str | None = None) -> str:
    """Explains why a request failed.

    Args:
        error: one of `REFUSALS`.
        forbidden: what to say where the right is missing.
        missing: what to say where there is no such thing; None: that is no special case.

    Returns:
        The reason with its remedy, for a message.
    """
    if isinstance(error, HTTPError):
        return f"the API server does not answer ({' '.join(str(error).split())}); see that 'kubectl get nodes' works"
    remedies = {401: "the cluster does not know who you are; log in to it again", 403: forbidden, 404: missing}
    return remedies.get(error.status) or f"the API server answers {error.status} {error.reason}; try again later"
