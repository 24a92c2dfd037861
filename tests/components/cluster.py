"""A cluster in processes: the real service and real trials, started, killed and restarted as Kubernetes would.

``python -m tests.components.cluster`` runs the whole search of manifests/experiments/mlas-smoke.yaml this way.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer

from autogan_core.config import Config
from autogan_core.history import Record
from autogan_core.presets import load_config
from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.exit_status import PREEMPTED, RETRY
from autogan_kubeflow.components.katib_experiments.recipes import from_recipe, recipe
from autogan_kubeflow.components.manifest_checks.request import as_katib_sends
from autogan_kubeflow.components.suggestion.trials import KatibRun, find_run
from tests.components.db_manager import DBManager, db_manager
from tests.components.katib import Katib, trial_environment
from tests.components.pods import start
from tests.fake_gcs import FakeGCS, emulator_environment, free_port

BUCKET = "autogan-cluster"
MAX_ATTEMPTS = 12
DISTURBED_AFTER_S = (0.0, 2.0)
"""When in its life a pod meets trouble. It works for one to two seconds."""


@dataclass
class Cluster:
    """One Experiment on one bucket."""

    manifest: dict[str, Any]
    gcs: FakeGCS
    db_manager: DBManager
    folder: Path
    rng: random.Random
    kills: bool
    """Whether service, trials and storage server are killed at random."""
    prefix: str = "autogan"
    killed: list[str] = field(default_factory=list)
    """What was killed, in order."""
    observe: Callable[[Katib], None] = lambda _: None
    """Called whenever a trial begins or ends."""

    def __post_init__(self) -> None:
        self.katib = Katib(as_katib_sends(self.manifest), self.rng)
        self._service: ForkServerProcess | None = None
        self._port = free_port()

    @property
    def store(self) -> str:
        """The run store's URI."""
        return f"gs://{BUCKET}/{self.prefix}"

    @property
    def config(self) -> Config:
        """What the trials are told."""
        environment = trial_environment(self.manifest, "t", dict.fromkeys(self.katib_fields(), "x"))
        return load_config(environment["AUTOGAN_PRESET"], environment["AUTOGAN_SET"].splitlines())

    def katib_fields(self) -> list[str]:
        """The references of the Experiment's trialParameters that Katib fills from the assignment."""
        references = [p["reference"] for p in self.manifest["spec"]["trialTemplate"]["trialParameters"]]
        return [reference for reference in references if not reference.startswith("${")]

    def prepare(self) -> None:
        """The prepare-data Job."""
        config = trial_environment(self.manifest, "t", dict.fromkeys(self.katib_fields(), "x"))
        settings = {name: config[name] for name in ("AUTOGAN_PRESET", "AUTOGAN_SET")}
        done = self._start("components.prepare_data", self._environment("prepare") | settings)
        assert _wait(done) == 0, (self.folder / "prepare.log").read_text()

    def run(self) -> list[Record]:
        """The whole Experiment; returns the records of its trials as the trial resources tell them."""
        try:
            while len(self.katib.trials) < self.manifest["spec"]["maxTrialCount"]:
                self._run_trial()
        finally:
            self._kill_service()
        return list(self.found_run().records)

    def found_run(self) -> KatibRun:
        """The run as a pipeline reads it from the trial resources, the last one's rewards included."""
        search = self.search()
        slots = self.katib.suggested
        return find_run(self.katib.request().trials, "autogan", slots, lambda slot: search.ask([], slot)[0])

    def search(self) -> MultiLevelSearch:
        """The search as anyone replays it."""
        return MultiLevelSearch(self.config.search_space(), self.config.search, self.config.seed)

    def _run_trial(self) -> None:
        if self.kills and self.rng.random() < 0.4:
            self._kill_service()
        trial = self.katib.create(self._ask())
        self.observe(self.katib)
        parameters = {a.name: a.value for a in trial.spec.parameter_assignments.assignments}
        status = self._run_job(trial.name, parameters)
        if status == 0:
            self.katib.finish(trial, self.db_manager.latest(trial.name))
        else:
            self.katib.fail(trial)
        self.observe(self.katib)

    def _run_job(self, name: str, parameters: dict[str, str]) -> int:
        """The PyTorchJob with restartPolicy ExitCode; its last pod's exit status."""
        for attempt in range(MAX_ATTEMPTS):
            environment = trial_environment(self.manifest, name, parameters) | self._environment(f"{name}-{attempt}")
            pod = self._start("components.trial", environment)
            status = self._disturb(pod) if self.kills and self.rng.random() < 0.5 else _wait(pod)
            if 0 <= status < 128:
                return status
            # -15: SIGTERM before Python listened to it; Kubernetes calls that 143, and -9 137.
            assert status in (PREEMPTED, RETRY, -signal.SIGTERM, -signal.SIGKILL), (
                self.folder / f"{name}-{attempt}.log"
            ).read_text()
        raise AssertionError(f"{name} did not end in {MAX_ATTEMPTS} attempts")

    def _disturb(self, pod: ForkServerProcess) -> int:
        """Ends the pod, or takes its storage away for a while."""
        pod.join(self.rng.uniform(*DISTURBED_AFTER_S))
        if pod.exitcode is not None:
            return pod.exitcode
        victim = self.rng.choice(["pod", "node", "storage"])
        self.killed.append(victim)
        if victim == "pod":
            pod.kill()
        elif victim == "node":
            pod.terminate()
        else:
            self.gcs.kill()
            time.sleep(1.5)
            self.gcs.start()
        return _wait(pod)

    def _ask(self) -> dict[str, str]:
        if self._service is None:
            environment = self._environment("suggestion") | {"POD_NAMESPACE": "autogan"}
            self._service = self._start("components.suggestion", environment, "--port", str(self._port))
        with grpc.insecure_channel(f"127.0.0.1:{self._port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
            return self.katib.ask(channel)

    def _kill_service(self) -> None:
        if self._service is not None:
            self._service.kill()
            _wait(self._service)
            self._service = None
            self.killed.append("service")

    def _start(self, module: str, environment: dict[str, str], *arguments: str) -> ForkServerProcess:
        return start(module, environment, Path(environment["LOG"]), arguments)

    def _environment(self, name: str) -> dict[str, str]:
        """What a pod has beside its own variables: the ConfigMap, Katib's and the operator's, an empty cache."""
        return emulator_environment(self.gcs.url) | {
            "AUTOGAN_STORE": self.store,
            "AUTOGAN_DB_MANAGER": self.db_manager.address,
            "AUTOGAN_CACHE": str(self.folder / "caches" / name),
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "WORLD_SIZE": "1",
            "RANK": "0",
            "MASTER_ADDR": "localhost",
            "MASTER_PORT": "23456",
            "PET_NPROC_PER_NODE": "1",
            "PET_NNODES": "1",
            "LOG": str(self.folder / f"{name}.log"),
        }


def _wait(process: ForkServerProcess) -> int:
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def smoke_manifest(overrides: Sequence[str] = (), name: str = "mlas-smoke") -> dict[str, Any]:
    """The Experiment of manifests/experiments/mlas-smoke.yaml, or a smaller one."""
    return from_recipe(recipe("mlas-smoke"), name, overrides)


def main(
    folder: Annotated[Path, typer.Argument(help="Where logs and the bucket go; must not exist.")],
    seed: Annotated[int, typer.Option(help="Decides what is killed when.")] = 0,
    kills: Annotated[bool, typer.Option(help="Kill service, trials and storage server at random.")] = True,
) -> None:
    """Runs manifests/experiments/mlas-smoke.yaml, whole, and prints what it found."""
    folder.mkdir(parents=True)
    started = time.monotonic()
    with FakeGCS(folder / "gcs") as gcs, db_manager() as manager:
        gcs.create_bucket(BUCKET)
        cluster = Cluster(smoke_manifest(), gcs, manager, folder, random.Random(seed), kills)
        cluster.prepare()
        print(f"prepared after {time.monotonic() - started:.0f} s")
        records = cluster.run()
    print(f"{len(records)} trials after {time.monotonic() - started:.0f} s; killed: {', '.join(cluster.killed)}")
    for beam in cluster.search().beams(records):
        print(beam.architecture, repr(beam.reward))


if __name__ == "__main__":
    typer.run(main)
