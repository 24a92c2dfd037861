"""How fast the suggestion service answers at the end of the paper's search, and what it needs.

``python -m benchmarks.suggestion_service``: starts the real service, replays a whole search of 93 trials of 30 rewards
to it (2,700 controller steps) and prints cold and warm answers, health checks meanwhile, and resident memory.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import grpc
import typer
from grpc_health.v1 import health_pb2, health_pb2_grpc
from kubeflow.katib import katib_api_pb2 as api
from kubeflow.katib import katib_api_pb2_grpc as api_grpc
from rich.console import Console
from rich.table import Table

from autogan_core.history import Record
from autogan_core.presets import load_config
from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.katib_experiments.builder import build_experiment
from autogan_kubeflow.components.katib_protocol import reward_name, to_parameters
from autogan_kubeflow.components.manifest_checks.request import as_katib_sends
from autogan_kubeflow.components.suggestion.experiment import parse_experiment
from autogan_kubeflow.components.suggestion.server import HEALTH_SERVICE
from tests.components.katib import trial

SLOTS = 93


@dataclass(frozen=True)
class Measurement:
    """One policy's figures."""

    levels: str
    controller_steps: int
    cold_seconds: float
    """First answer for the last slot by a fresh process."""
    warm_seconds: float
    """Median of the next five."""
    worst_health_seconds: float
    """Slowest health check while the cold answer was worked out."""
    resident_mib: float
    """Peak, after the answers."""


def finished_search(levels: str) -> api.GetSuggestionsRequest:
    """What Katib sends when it asks for the last slot of the paper's search, with rewards made up."""
    config = load_config(
        "cifar10", [f"search.levels={levels}", f"search.iterations={SLOTS - (3 if levels == 'multi' else 1)}"]
    )
    experiment = as_katib_sends(build_experiment("benchmark", config))
    wanted = parse_experiment(experiment)
    search, history = MultiLevelSearch(wanted.space, wanted.config, wanted.seed), list[Record]()
    for slot in range(SLOTS - 1):
        [assignment] = search.ask(history, slot)
        rewards = [random.Random(str(a)).uniform(1, 9) for a in assignment.candidates]
        history.append(Record(assignment, tuple(rewards)))
    trials = []
    for record in history:
        slot = record.assignment.slot
        done = trial(
            f"benchmark-{slot}", to_parameters(record.assignment, f"default/{'benchmark-0' if slot else 'new'}")
        )
        done.status.condition = api.TrialStatus.SUCCEEDED
        for index, reward in enumerate(record.rewards):
            done.status.observation.metrics.add(name=reward_name(index), value=repr(reward))
        trials.append(done)
    random.Random(0).shuffle(trials)
    return api.GetSuggestionsRequest(
        experiment=experiment, trials=trials, current_request_number=1, total_request_number=SLOTS
    )


def measure(levels: str) -> Measurement:
    """Starts a fresh service and asks it."""
    request = finished_search(levels)
    steps = sum(min(30, len(t.status.observation.metrics)) for t in request.trials)
    command = [sys.executable, "-m", "components.suggestion", "--port", "0", "--namespace", "default"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    port = json.loads(process.stderr.readline())["port"]
    threading.Thread(target=process.stderr.read, daemon=True).start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            probe = HealthProbe(channel)
            probe.start()
            times = []
            for _ in range(6):
                started = time.perf_counter()
                api_grpc.SuggestionStub(channel).GetSuggestions(request, timeout=60)
                times.append(time.perf_counter() - started)
                probe.stop()
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    finally:
        process.terminate()
        process.wait()
    return Measurement(levels, steps, times[0], statistics.median(times[1:]), probe.worst, int(peak.split()[1]) / 1024)


class HealthProbe(threading.Thread):
    """Asks for the service's health every 100 ms, as a kubelet that cannot wait, and keeps the slowest answer."""

    def __init__(self, channel: grpc.Channel) -> None:
        super().__init__(daemon=True)
        self._stub, self._done, self.worst = health_pb2_grpc.HealthStub(channel), threading.Event(), 0.0

    def run(self) -> None:
        """See `threading.Thread.run`."""
        while not self._done.wait(0.1):
            started = time.perf_counter()
            self._stub.Check(health_pb2.HealthCheckRequest(service=HEALTH_SERVICE), timeout=60)
            self.worst = max(self.worst, time.perf_counter() - started)

    def stop(self) -> None:
        """Ends the probing."""
        self._done.set()
        self.join()


def main(
    out: Annotated[Path | None, typer.Option(help="Also write the figures here, as JSON.")] = None,
) -> None:
    """Measures multi-level and single-level searches."""
    measurements = [measure(levels) for levels in ("multi", "single")]
    table = Table("levels", "controller steps", "cold", "warm", "slowest health check", "peak memory")
    for m in measurements:
        table.add_row(
            m.levels,
            f"{m.controller_steps:,}",
            f"{m.cold_seconds:.2f} s",
            f"{m.warm_seconds * 1000:.0f} ms",
            f"{m.worst_health_seconds * 1000:.0f} ms",
            f"{m.resident_mib:.0f} MiB",
        )
    Console().print(table)
    if out is not None:
        out.write_text(json.dumps([asdict(m) for m in measurements], indent=1))


if __name__ == "__main__":
    typer.run(main)
