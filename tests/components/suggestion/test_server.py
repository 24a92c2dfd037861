"""The service as a process: it starts, answers, logs, and ends when told."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys

import grpc
from kubeflow.katib import katib_api_pb2_grpc as api_grpc

from tests.components.katib import Katib, experiment


def test_a_process_serves_logs_and_stops_on_sigterm() -> None:
    """Assignments come from the port it names, the log is JSON with stage and slot, SIGTERM ends it with status 0, and
    torch, which its image does not have, was never imported."""
    command = [sys.executable, "-X", "importtime", "-m", "components.suggestion", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"POD_NAMESPACE": "ns"})
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("{"):
            break
    port = json.loads(lines[-1])["port"]
    katib = Katib(experiment(), random.Random(0))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        reply = api_grpc.SuggestionStub(channel).GetSuggestions(katib.request(), timeout=60)
    assert {a.name: a.value for a in reply.parameter_assignments[0].assignments}["run"] == "ns/new"
    process.send_signal(signal.SIGTERM)
    lines += process.communicate(timeout=60)[1].splitlines()
    assert process.returncode == 0
    log = [json.loads(line) for line in lines if line.startswith("{")]
    answered = next(entry for entry in log if "slot" in entry)
    assert (answered["slot"], answered["stage"], answered["phase"]) == (0, 1, "search")
    assert 3.4 < answered["entropy"] < 3.6
    imported = [line.rpartition("|")[2].strip() for line in lines if line.startswith("import time")]
    assert "autogan_kubeflow.components.suggestion.service" in imported
    assert not any(name.split(".")[0] == "torch" for name in imported)
