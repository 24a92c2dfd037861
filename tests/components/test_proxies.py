"""Proxies on every way out: which one, for whom, and that requests arrive through it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client  # type: ignore[import-untyped]

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.cluster_check.base.cluster import Cluster
from autogan_kubeflow.components.proxies import proxy_for, use_proxy
from autogan_kubeflow.components.registration import cluster as registration
from autogan_kubeflow.components.trial.reporting import PushReporter
from tests.components.db_manager import db_manager
from tests.components.json_server import serving
from tests.forward_proxy import forwarding, no_proxies

FAR = "https://api.cluster.test:6443"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but the test's own."""
    no_proxies(monkeypatch)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, FAR, "http://p:1"),
        ({"https_proxy": "http://p:1"}, FAR, "http://p:1"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, FAR, "http://low:1"),
        ({"HTTP_PROXY": "http://p:1"}, FAR, None),
        ({"HTTP_PROXY": "http://p:1"}, "http://kubeflow.test/pipeline", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x.test,.cluster.test"}, FAR, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "api.cluster.test"}, FAR, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3:6443", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, FAR, None),
        ({"HTTP_PROXY": "http://p:1"}, "http://ml-pipeline.kubeflow.svc.cluster.local:8888", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://ml-pipeline.kubeflow.svc:8888", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://localhost:8080", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://127.0.0.1:8080", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://[::1]:8080", None),
    ],
)
def test_which_proxy(variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By scheme, in either case, NO_PROXY with names and networks, and never for what lies in the cluster or here."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy


@pytest.mark.parametrize("proxy", ["socks5://me:secret@p:1080", "://", "http://"])
def test_other_proxies_are_refused(proxy: str) -> None:
    """In one sentence, without the password in it."""
    configuration = client.Configuration()
    configuration.host = FAR
    with pytest.raises(ConfigError, match=f"the proxy for {FAR} is '.*'; set HTTPS_PROXY or the kubeconfig's") as told:
        use_proxy(configuration, named=proxy)
    assert "secret" not in str(told.value)


class Version:
    """An API server that knows its version."""

    def answer(self, method: str, path: str, body: dict[str, Any], /) -> tuple[int, dict[str, Any]]:
        """The same to everybody."""
        return 200, {"gitVersion": "v1.34.0"}


def kubeconfig(path: Path, monkeypatch: pytest.MonkeyPatch, **cluster: str) -> None:
    """A kubeconfig for an API server that only a proxy can find."""
    content = {
        "current-context": "far",
        "contexts": [{"name": "far", "context": {"cluster": "far", "user": "me"}}],
        "clusters": [{"name": "far", "cluster": {"server": "http://api.cluster.test:6443", **cluster}}],
        "users": [{"name": "me", "user": {"token": "none"}}],
    }
    path.write_text(yaml.safe_dump(content))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


@pytest.mark.parametrize("by", ["environment", "kubeconfig"])
def test_the_cluster_is_reached_through_the_proxy(by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster check's client, for the current context and a named one, with the login that the proxy asks for; the
    kubeconfig's proxy-url comes before the environment's."""
    with serving(Version()) as port, forwarding(port) as proxy:
        login = proxy.url.replace("http://", "http://me:p%40ss@")
        named = {} if by == "environment" else {"proxy-url": login}
        kubeconfig(tmp_path / "config", monkeypatch, **named)
        monkeypatch.setenv("HTTP_PROXY", login if by == "environment" else "http://127.0.0.1:1")
        for context in (None, "far"):
            assert Cluster.connect(context).get("/version") == {"gitVersion": "v1.34.0"}
        assert proxy.asked == ["GET http://api.cluster.test:6443/version"] * 2
        assert proxy.logins == {"Basic bWU6cEBzcw=="}


def test_the_registration_goes_through_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own client, too."""
    with serving(Version()) as port, forwarding(port) as proxy:
        kubeconfig(tmp_path / "config", monkeypatch)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert client.VersionApi(registration.connect()).get_code(_preload_content=False).status == 200
        assert proxy.asked == ["GET http://api.cluster.test:6443/version/"]


def test_a_pod_reaches_its_own_api_server_directly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy its environment names for everything else."""
    for name in ("token", "ca.crt"):
        (tmp_path / name).write_text("x")
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setattr(client, "ApiClient", lambda configuration: configuration)
    for name, value in (("HOST", "10.96.0.1"), ("PORT", "443")):
        monkeypatch.setenv(f"KUBERNETES_SERVICE_{name}", value)
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    from autogan_kubeflow.components.katib_search.connection import connect

    for configuration in (connect(), registration.connect()):
        assert (configuration.host, configuration.proxy) == ("https://10.96.0.1:443", None)


def test_scores_are_pushed_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Katib's database manager is in the cluster, where no proxy leads, though gRPC would take one."""
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with db_manager() as manager:
        address = manager.address.replace("127.0.0.1", "localhost")
        PushReporter("mlas-1", address, patience=5).report({"inception-score": 1.0})
        assert manager.latest("mlas-1") == {"inception-score": "1.0"}
