"""The proxy on the way to an API server or to Kubeflow Pipelines, as the environment names it.

Clients that are made from Kubernetes' or Kubeflow's API description ignore HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and
gRPC follows them even inside the cluster. What is fetched by urllib and requests (data sets, weights, object storage)
follows them by itself.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import unquote, urlsplit

from autogan_core.errors import ConfigError

DIRECT_CHANNEL = [("grpc.enable_http_proxy", 0)]
"""Options of a gRPC channel to a service of the same cluster, which no proxy outside of it could reach."""
_INSIDE = (".svc", ".cluster.local")
"""Ends of names that only a cluster's own DNS knows."""


def use_proxy(configuration: Any, *, named: str | None = None) -> None:
    """Sets the proxy of a generated client before the client is made.

    Args:
        configuration: of ``kubernetes`` or ``kfp_server_api``; its host must be known.
        named: the proxy that the kubeconfig names for this cluster; it comes before the environment's.

    Raises:
        ConfigError: the proxy is not one of HTTP.
    """
    proxy = named or proxy_for(configuration.host)
    if proxy is None:
        return
    from urllib3.util import make_headers

    address = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"the proxy for {configuration.host} is '{_hidden(address)}'; set HTTPS_PROXY or the kubeconfig's "
            "proxy-url to http://host:port, or name this host in NO_PROXY"
        )
    configuration.proxy = address
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        configuration.proxy_headers = make_headers(proxy_basic_auth=login)


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address.

    This machine itself and names that end in ``.svc`` or ``.cluster.local`` are reached directly in any case.

    Args:
        url: the address.

    Returns:
        The proxy's address; None for none.
    """
    from requests.utils import get_environ_proxies, select_proxy

    host = urlsplit(url).hostname or ""
    if host.endswith(_INSIDE) or _is_this_machine(host):
        return None
    return select_proxy(url, get_environ_proxies(url)) or None


def kubeconfig_proxy(context: str | None = None) -> str | None:
    """The proxy that the kubeconfig names for a context's cluster, as kubectl uses it and Kubernetes' client does not.

    Args:
        context: its name; None: the current one. A client has been made from it before.

    Returns:
        The value of ``proxy-url``; None if there is none.
    """
    from kubernetes.config import kube_config  # type: ignore[import-untyped]

    tree = kube_config.KubeConfigMerger(kube_config.KUBE_CONFIG_DEFAULT_LOCATION).config
    chosen = tree["contexts"].get_with_name(context or tree["current-context"])["context"]
    found: str | None = tree["clusters"].get_with_name(chosen["cluster"])["cluster"].safe_get("proxy-url")
    return found


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hidden(address: str) -> str:
    """An address without the password that may stand in it."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
