"""Calling kubectl: what it prints, and what it says when it cannot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from acceptance import evidence, kubectl
from acceptance.errors import AcceptanceError
from autogan_core.errors import ConfigError

with_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is missing")


def test_without_kubectl_the_message_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is a program of its own, which no package brings."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="no kubectl on the PATH"):
        kubectl.run("version")


@with_kubectl
def test_a_failure_is_quoted(tmp_path: Path) -> None:
    """With the command that failed."""
    with pytest.raises(AcceptanceError, match=f"'kubectl kustomize {tmp_path}' failed: .*kustomization"):
        kubectl.kustomize(tmp_path)


def write_kubectl(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name, found first."""
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_forwarded_port_ends_with_its_context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The port is the one that kubectl chose; a failure to forward is quoted."""
    trap = f'trap "echo ended >{tmp_path}/end; exit" TERM'
    script = f'{trap}; echo "Forwarding from 127.0.0.1:41234 -> 8888"; sleep 60 & wait'
    write_kubectl(tmp_path, script, monkeypatch)
    with kubectl.forwarded("kubeflow", "service/ml-pipeline", 8888) as port:
        assert port == 41234
        assert not (tmp_path / "end").exists()
    assert (tmp_path / "end").exists()
    write_kubectl(tmp_path, "echo 'error: services not found' >&2; exit 1", monkeypatch)
    with pytest.raises(AcceptanceError, match="error: services not found"), kubectl.forwarded("n", "service/x", 1):
        pass


def test_evidence_is_what_can_be_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Logs of every pod beside events and descriptions; what kubectl refuses is left out. Of a namespace that is not
    the test's only the chosen pods are looked at."""
    script = """case "$*" in
      *"get pods --output=name"*"run=1"*) echo pod/c;;
      *"get pods --output=name"*) echo pod/a; echo pod/b;;
      *"logs pod/a"*|*"logs pod/c"*) echo said;;
      *"get events"*) echo happened;;
      *) exit 1;;
    esac"""
    write_kubectl(tmp_path, script, monkeypatch)
    folder = evidence.keep(tmp_path, "n")
    assert folder == tmp_path / "evidence" / "n"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.log": "said\n", "events.txt": "happened\n"}
    other = evidence.keep(tmp_path, "kubeflow", "run=1")
    assert other is not None and [path.name for path in other.iterdir()] == ["c.log"]
    write_kubectl(tmp_path, "exit 1", monkeypatch)
    assert evidence.keep(tmp_path, "other") is None
