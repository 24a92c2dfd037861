"""``autogan cluster check`` from its options to its exit status."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autogan_kubeflow.pipelines.cli.main import main
from tests.components.cluster_check.api_server import ApiServer
from tests.components.cluster_check.conftest import AUTOGAN, server
from tests.components.cluster_check.test_catalogue import unregister
from tests.components.json_server import serving, write_kubeconfig

__all__ = ["server"]  # a fixture

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs the command against the cluster on which all is well; gives status, output and errors."""
    kubeconfig = tmp_path / "kubeconfig"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(["cluster", "check", *arguments])
        return int(stop.value.code or 0), *capsys.readouterr()

    with serving(server, kubeconfig):
        yield command


def test_all_well_is_status_0(run: Run) -> None:
    """The table goes to standard output, and who looks where to standard error."""
    status, out, err = run("--no-pod")
    assert status == 0
    assert "looking at http://127.0.0.1:" in err and " as somebody" in err
    assert "0 to be mended" in out.splitlines()[-1]


def test_something_missing_is_status_1_and_changes_nothing(server: ApiServer, run: Run) -> None:
    """The commands stand below the table, each on its own line."""
    unregister(server)
    status, out, _ = run("--no-pod")
    assert status == 1
    assert "\n   autogan katib register --image REGISTRY/suggestion:TAG\n" in out
    assert server.changes == []


def test_fix_goes_on_until_nothing_is_left(server: ApiServer, run: Run) -> None:
    """The namespace first, then what belongs into it; each change is said, and the table is that of afterwards."""
    unregister(server)
    for path in [each for each in server.objects if each == AUTOGAN or each.endswith("/autogan-trial")]:
        del server.objects[path]
    status, out, err = run("--no-pod", "--fix", "--suggestion-image", "registry.test/suggestion:0.1.0")
    assert status == 0, out
    assert [line.split()[1] for line in err.splitlines() if line.startswith("--fix: ")] == [
        "register",
        "create",
        "create",
    ]


def test_json(server: ApiServer, run: Run) -> None:
    """Standard output holds JSON alone."""
    unregister(server)
    status, out, _ = run("--no-pod", "--json")
    [found] = [each for each in json.loads(out) if each["is"] == "missing"]
    assert (status, found["what"], found["seen"]) == (1, "algorithm autogan", "not registered")


def test_the_pod_is_told_of(server: ApiServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --no-pod it runs, and its state goes to standard error."""
    answer = json.dumps({"store": "", "prepared": "", "db_manager": "", "cuda": "13.2"})
    terminated: dict[str, Any] = {"exitCode": 0, "message": answer}
    server.kubelet = lambda _: {
        "phase": "Succeeded",
        "containerStatuses": [{"name": "pytorch", "state": {"terminated": terminated}}],
    }
    status, out, _ = run("--image", "registry.test/runtime:0.1.0")
    assert status == 0, out
    assert "runs registry.test/runtime:0.1.0" in out


def test_an_unreachable_cluster_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """No traceback, status 1."""
    write_kubeconfig(tmp_path / "kubeconfig", 1)
    status, out, err = run("--no-pod")
    assert (status, out) == (1, "")
    assert err.startswith("autogan: the API server http://127.0.0.1:1 cannot be reached")


def test_a_context_that_is_not_there(run: Run) -> None:
    """It is named, and where the others are listed."""
    status, _, err = run("--context", "nowhere")
    assert status == 1
    assert "the kubeconfig has no usable context 'nowhere'" in err and "kubectl config get-contexts" in err
    assert run("--context", "fake", "--no-pod")[0] == 0


def test_wrong_usage_is_status_2(run: Run) -> None:
    """As with every command."""
    assert run("--namespaces", "x")[0] == 2


def test_help_teaches(run: Run) -> None:
    """It says what is changed, what the status means, and every option's default."""
    status, out, _ = run("--help")
    text = " ".join(out.split())
    assert status == 0
    for words in ("Exit status: 0 nothing is missing", "Without --fix nothing in the cluster changes", "--no-pod"):
        assert words in text
