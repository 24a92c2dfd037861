"""Reaching Kubeflow Pipelines, and what is said when it cannot be reached."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
import types
import warnings
from pathlib import Path

import kfp
import pytest
from google.auth.exceptions import DefaultCredentialsError

from autogan_core.errors import AutoGANError, ConfigError
from autogan_kubeflow.pipelines.remote import rest
from autogan_kubeflow.pipelines.remote.connection import IN_CLUSTER_HOST, Address, Server, connect, quiet, read_token
from autogan_kubeflow.pipelines.remote.rest import PipelinesError, PipelinesUnavailableError
from tests.forward_proxy import forwarding, no_proxies
from tests.pipelines.fake_kfp_api import (
    LOGIN_PAGE,
    NO_SUCH_PAGE,
    REDIRECTION,
    Answer,
    FakeKfp,
    failure,
)


def refusal(address: Address) -> AutoGANError:
    """What `connect` says; one sentence, within seconds."""
    start = time.monotonic()
    with pytest.raises(AutoGANError) as caught:
        connect(address)
    assert time.monotonic() - start < 3
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_server_for_one_user_has_no_namespace(host: str, fake: FakeKfp, capfd: pytest.CaptureFixture[str]) -> None:
    """The address works with and without a trailing slash or what a browser shows; kfp prints and warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for given in (host, f"{host}/", f"{host}/#/runs"):
            server = connect(Address(host=given))
            assert (server.host, server.namespace) == (host, None)
    assert fake.written == []
    assert capfd.readouterr() == ("", "")


def test_the_address_comes_from_the_environment(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """KF_PIPELINES_ENDPOINT stands in for --host, which goes before it."""
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", host)
    assert connect(Address()).page("runs/details/7") == f"{host}/#/runs/details/7"
    monkeypatch.setenv("KF_PIPELINES_UI_ENDPOINT", "https://ui.example.org")
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", "http://127.0.0.1:9")
    assert connect(Address(host=host)).page("runs") == "https://ui.example.org/#/runs"


@pytest.mark.parametrize("host", ["http://localhost:8888", "http://ml-pipeline.kubeflow", IN_CLUSTER_HOST])
def test_the_api_s_own_address_has_no_pages(host: str) -> None:
    """A link to it would lead nowhere."""
    client = types.SimpleNamespace(host=host, named=True)
    page = Server(client, None).page("runs")
    assert page == "#/runs in the web interface of Kubeflow Pipelines (KF_PIPELINES_UI_ENDPOINT says where that is)"


def test_tokens_come_from_a_file_or_the_environment(
    host: str, fake: FakeKfp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file goes before the environment's token, and that before the environment's file; a new content counts."""
    fake.token = "secret"
    given, projected = tmp_path / "given", tmp_path / "projected"
    projected.write_text("secret\n")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(projected))
    connect(Address(host=host))
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "wrong")
    assert "refuses the token (401" in str(refusal(Address(host=host)))
    given.write_text("secret")
    server = connect(Address(host=host, token_file=given))
    given.write_text("renewed")
    fake.token = "renewed"
    assert list(server.everything(server.client.list_runs, "runs")) == []


def test_no_token_is_asked_for(host: str, fake: FakeKfp) -> None:
    """401 without a token says how to give one."""
    fake.token = "secret"
    assert "asks for a token (401: Unauthenticated: the token is not valid); give a valid one by --token-file" in str(
        refusal(Address(host=host))
    )


@pytest.mark.parametrize("content", ["", "two words", "line\nline", "naïve"])
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: str) -> None:
    """Nothing that would break the header is sent."""
    path = tmp_path / "token"
    path.write_text(content)
    with pytest.raises(ConfigError, match="holds no bearer token"):
        read_token(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        connect(Address(host="http://127.0.0.1:9", token_file=tmp_path / "absent"))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            failure(403, "User 'x' is not authorized\nwith reason: no"),
            "not permit this (403: User 'x' is not authorized",
        ),
        (LOGIN_PAGE, "answers with a web page or a redirection (200), probably to log in"),
        (REDIRECTION, "answers with a web page or a redirection (302), probably to log in"),
        (NO_SUCH_PAGE, "there is no Kubeflow Pipelines API at"),
        (failure(404, "Not Found"), "there is no Kubeflow Pipelines API at"),
        (Answer(403, "<html>RBAC: access denied</html>", "text/html"), "does not permit this (403);"),
        (Answer(400, "plain"), "refuses the request (400)"),
        (Answer(200, ""), "answers with a web page or a redirection (200)"),
    ],
)
def test_what_is_not_the_api_or_refuses(host: str, fake: FakeKfp, answer: Answer, says: str) -> None:
    """One sentence each, one request each, and no later request; trying again would not help."""
    fake.instead["GET"] = [answer] * 9
    error = refusal(Address(host=host))
    assert says in str(error)
    assert isinstance(error, PipelinesError) and not isinstance(error, PipelinesUnavailableError)
    assert len(fake.requests) == 1


def test_a_server_s_error_passes_or_is_told(host: str, fake: FakeKfp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads are repeated three times, then given up with the server's words."""
    monkeypatch.setattr(rest, "BACKOFF_S", 0.01)
    fake.instead["GET"] = [failure(503, "starting"), Answer(502, "<html>Bad gateway</html>", "text/html")]
    connect(Address(host=host))
    fake.instead["GET"] = [failure(500, "no database")] * 9
    error = refusal(Address(host=host))
    assert isinstance(error, PipelinesUnavailableError)
    assert "failed (500: no database); try again later" in str(error)
    assert len(fake.instead["GET"]) == 5


def test_nothing_listens(here_only: None) -> None:
    """A dead port is told at once."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = refusal(Address(host=f"http://127.0.0.1:{unused.getsockname()[1]}"))
    assert isinstance(error, PipelinesUnavailableError)
    assert "nothing answers at http://127.0.0.1:" in str(error)
    assert "(Connection refused); check --host" in str(error)


def test_a_silent_host_is_given_up(host: str, fake: FakeKfp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes the connection and says nothing holds us no longer than the limit."""
    monkeypatch.setattr(rest, "READ_TIMEOUT_S", 0.2)
    fake.delay_s = 1.0
    error = refusal(Address(host=host))
    assert isinstance(error, PipelinesUnavailableError)
    assert "does not answer within 0.2 s" in str(error)


def test_an_unknown_name_and_no_connection(here_only: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve, and an address where packets vanish (here: a full queue of connections)."""
    assert "nothing answers at http://kfp.invalid" in str(refusal(Address(host="http://kfp.invalid")))
    assert refusal(Address(host=f"http://{'x' * 70}.invalid"))
    monkeypatch.setattr(rest, "CONNECT_TIMEOUT_S", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        error = refusal(Address(host=f"http://127.0.0.1:{full.getsockname()[1]}"))
    assert "(no connection within 0.2 s)" in str(error)


def test_tls_trouble_is_told(host: str, tmp_path: Path) -> None:
    """https where there is none; and a file of authorities that is not there."""
    assert "no trusted TLS connection to https://127.0.0.1:" in str(
        refusal(Address(host=host.replace("http://", "https://")))
    )
    assert "--ca-file takes certificates" in str(refusal(Address(host=host, ca_file=tmp_path / "absent.pem")))


@pytest.mark.parametrize("given", ["ftp://kfp.example.org", "http://", "http://[", "http://a b", "kfp:port", "#/runs"])
def test_what_is_no_address(here_only: None, given: str) -> None:
    """Nothing is sent."""
    assert "is not an address; give one as https://" in str(refusal(Address(host=given)))


def test_no_address_at_all(here_only: None, capfd: pytest.CaptureFixture[str]) -> None:
    """Outside a cluster, without kubeconfig; kfp's own remark about that is not printed."""
    assert "no address of Kubeflow Pipelines is known; give one by --host" in str(refusal(Address()))
    assert capfd.readouterr() == ("", "")


def test_kfp_s_own_settings_may_be_damaged(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that its command line keeps is named."""
    (tmp_path / "context.json").write_text("{")
    monkeypatch.setattr(kfp.Client, "_LOCAL_KFP_CONTEXT", str(tmp_path / "context.json"))
    assert "mend or delete ~/.config/kfp/context.json" in str(refusal(Address(host=host)))


def test_google_s_proxies_take_a_token_or_google_s_own(
    here_only: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For these hosts kfp asks Google for a token by itself; one that is given goes before."""
    where = "https://1-dot-datalab.example.googleusercontent.com"

    def without_credentials() -> str:
        raise DefaultCredentialsError("none found")  # type: ignore[no-untyped-call]

    monkeypatch.setattr("kfp.client.auth.get_gcp_access_token", without_credentials)
    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda *_, **__: 1 / 0)
    assert "Google gives no token for this host (none found)" in str(refusal(Address(host=where)))
    (tmp_path / "token").write_text("secret")
    with pytest.raises(ZeroDivisionError):
        connect(Address(host=where, token_file=tmp_path / "token"))


def test_namespaces_must_fit_the_server(host: str, fake: FakeKfp) -> None:
    """Several users: a namespace is needed. One user: there are none."""
    assert "leave out --namespace team-a" in str(refusal(Address(host=host, namespace="team-a")))
    fake.multi_user = True
    assert "say whose by --namespace" in str(refusal(Address(host=host)))
    assert connect(Address(host=host, namespace="team-a")).namespace == "team-a"


def test_in_a_pod_its_own_namespace_is_taken_and_nothing_written(
    host: str, fake: FakeKfp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service account's namespace counts for this process; the home directory is left alone."""
    fake.multi_user = True
    (tmp_path / "namespace").write_text("team-b")
    monkeypatch.setattr(kfp.Client, "_NAMESPACE_PATH", str(tmp_path / "namespace"))
    assert connect(Address(host=host)).namespace == "team-b"
    assert [path.name for path in tmp_path.iterdir()] == ["namespace"]


def test_in_a_pod_a_given_token_goes_to_the_cluster_s_service(
    here_only: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kfp by itself would look at localhost."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "secret")
    assert f"nothing answers at {IN_CLUSTER_HOST}" in str(refusal(Address()))


def test_listings_are_read_to_their_end(host: str, fake: FakeKfp) -> None:
    """All pages, in order, asked for only as they are needed."""
    fake.runs = [{"run_id": str(n), "created_at": f"2026-01-0{n}T00:00:00Z"} for n in range(1, 6)]
    server: Server = connect(Address(host=host))
    runs = server.everything(server.client.list_runs, "runs")
    before = len(fake.requests)
    assert next(runs).run_id == "5"
    assert len(fake.requests) == before + 1
    assert [run.run_id for run in runs] == ["4", "3", "2", "1"]


def test_creations_are_not_repeated(host: str, fake: FakeKfp) -> None:
    """A second attempt could be a second run; the message says where to look."""
    server = connect(Address(host=host))
    fake.instead["POST"] = [failure(503, "overloaded")]
    with pytest.raises(PipelinesUnavailableError, match="look with 'autogan pipeline status' before trying again"):
        server.experiment("autogan")
    assert len(fake.written) == 1


def test_quiet_restores_what_it_silenced(capsys: pytest.CaptureFixture[str]) -> None:
    """Output and logging are as before, also after an error."""
    with pytest.raises(KeyError), quiet():
        print("unseen")
        raise KeyError
    print("seen")
    assert capsys.readouterr().out == "seen\n"
    assert logging.root.manager.disable == logging.NOTSET


def test_kfp_is_not_imported_for_help() -> None:
    """It takes a second."""
    code = "import sys, pipelines.cli.remote; sys.exit('kfp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_kubeflow_is_reached_through_the_proxy(host: str, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """kfp's own client ignores the environment; an address that NO_PROXY names is reached directly."""
    no_proxies(monkeypatch)
    with forwarding(int(host.rpartition(":")[2])) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        assert connect(Address(host="http://kubeflow.test")).host == "http://kubeflow.test"
        assert proxy.asked and all("http://kubeflow.test/" in asked for asked in proxy.asked)
        monkeypatch.setenv("NO_PROXY", ".test")
        assert "nothing answers at http://kubeflow.test" in str(refusal(Address(host="http://kubeflow.test")))


def test_a_proxy_on_the_way_to_https_is_asked_for_a_tunnel(here_only: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its refusal is one sentence, within seconds."""
    no_proxies(monkeypatch)
    with forwarding() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert "nothing answers at https://kubeflow.test" in str(refusal(Address(host="https://kubeflow.test")))
        assert proxy.asked == ["CONNECT kubeflow.test:443"]
