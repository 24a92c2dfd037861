"""The way to the API server: that of the pod this runs in, else that of kubectl."""

from __future__ import annotations

from pathlib import Path

import yaml
from kubernetes import client, config  # type: ignore[import-untyped]

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.proxies import kubeconfig_proxy, use_proxy

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""The file in which a pod finds the name of its namespace."""
FALLBACK_NAMESPACE = "autogan"
"""The namespace that the manifests make."""


def connect(context: str | None = None) -> client.ApiClient:
    """Creates a client with the pod's service account, or else with the kubeconfig's current context.

    The client does not retry, so that callers decide how long to wait. Outside of the cluster it takes the proxy of the
    kubeconfig or the environment; a pod reaches its own API server directly.

    Args:
        context: a context of the kubeconfig, in place of both.

    Returns:
        The client; nothing is requested yet.

    Raises:
        ConfigError: there is neither, or its proxy is not one of HTTP.
    """
    configuration = client.Configuration()
    if context is None:
        _load_surroundings(configuration)
    else:
        _load_context(context, configuration)
    configuration.retries = False
    return client.ApiClient(configuration)


def default_namespace(namespace_file: Path = NAMESPACE_FILE) -> str:
    """The pod's own namespace, else that of the kubeconfig's current context, else ``autogan``."""
    try:
        return namespace_file.read_text().strip() or FALLBACK_NAMESPACE
    except OSError:
        pass
    try:
        _, context = config.list_kube_config_contexts()
    except (config.ConfigException, yaml.YAMLError):
        return FALLBACK_NAMESPACE
    return str(context["context"].get("namespace") or FALLBACK_NAMESPACE)


def _load_surroundings(configuration: client.Configuration) -> None:
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException as outside:
        try:
            _load_kubeconfig(configuration)
        except (config.ConfigException, yaml.YAMLError) as error:
            raise ConfigError(
                f"no cluster is configured: this is no pod with a service account ({_line(outside)}), and there is no "
                f"usable kubeconfig ({_line(error)}); make 'kubectl get experiments' work first, or search locally"
            ) from error


def _load_context(context: str, configuration: client.Configuration) -> None:
    try:
        _load_kubeconfig(configuration, context)
    except (config.ConfigException, yaml.YAMLError) as error:
        raise ConfigError(
            f"the kubeconfig has no usable context '{context}' ({_line(error)}); see 'kubectl config get-contexts'"
        ) from error


def _load_kubeconfig(configuration: client.Configuration, context: str | None = None) -> None:
    config.load_kube_config(context=context, client_configuration=configuration)
    use_proxy(configuration, named=kubeconfig_proxy(context))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
