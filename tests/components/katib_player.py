"""Katib's controllers as far as the API server shows them: Trial resources, and the Experiment's status."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kubeflow.katib import katib_api_pb2 as api

from tests.components.fake_kubernetes import LABEL, FakeKubernetes
from tests.components.katib import Katib

_TYPES = {
    api.TrialStatus.RUNNING: "Running",
    api.TrialStatus.SUCCEEDED: "Succeeded",
    api.TrialStatus.FAILED: "Failed",
    api.TrialStatus.METRICSUNAVAILABLE: "MetricsUnavailable",
}
_WORDS = {
    "Running": ("TrialRunning", "Trial is running"),
    "Succeeded": ("TrialSucceeded", "Trial has succeeded"),
    "Failed": (
        "TrialFailed. Job reason: PyTorchJobFailed",
        "Trial has failed. Job message: PyTorchJob {name} is failed because 1 Master replica(s) failed.",
    ),
    "MetricsUnavailable": ("MetricsUnavailable", "Metrics are not available"),
}


@dataclass
class Publisher:
    """Writes what `Katib` knows to the API server."""

    kubernetes: FakeKubernetes
    experiment: dict[str, Any]
    _written: dict[str, str] = field(default_factory=dict)
    _seconds: int = 0

    def publish(self, katib: Katib) -> None:
        """Trials that are new or have changed, then the Experiment's status."""
        with self.kubernetes.lock:
            for trial in katib.trials:
                kind = _TYPES[trial.status.condition]
                if self._written.get(trial.name) != kind:
                    self._written[trial.name] = kind
                    self._seconds += 30
                    self.kubernetes.put("trials", self._trial(trial, kind))
            ended = [kind for kind in self._written.values() if kind != "Running"]
            failed = sum(kind != "Succeeded" for kind in ended)
            spec = self.experiment["spec"]
            if failed and failed >= spec["maxFailedTrialCount"]:
                self.finish("Failed", "Experiment has failed because max failed count has reached")
            elif len(ended) >= spec["maxTrialCount"]:
                self.finish("Succeeded", "Experiment has succeeded because max trial count has reached")
            else:
                self._put_status([_condition("Running", "ExperimentRunning", "Experiment is running")])

    def finish(self, kind: str, message: str) -> None:
        """The Experiment has ended."""
        running = _condition("Running", "ExperimentRunning", "Experiment is running") | {"status": "False"}
        self._put_status([running, _condition(kind, f"Experiment{kind}", message)])

    def _put_status(self, conditions: list[dict[str, str]]) -> None:
        metadata = self.experiment["metadata"]
        current = self.kubernetes.find("experiments", metadata["name"])
        if current is not None and current["metadata"]["uid"] == metadata["uid"]:
            created = _condition("Created", "ExperimentCreated", "Experiment is created")
            status = {
                "startTime": _time(0),
                "conditions": [created, *conditions],
                "trials": len(self._written),
                "trialsFailed": sum(kind == "Failed" for kind in self._written.values()),
                "trialsSucceeded": sum(kind == "Succeeded" for kind in self._written.values()),
            }
            if current.get("status") != status:
                self.kubernetes.put("experiments", {**current, "status": status})

    def _trial(self, trial: api.Trial, kind: str) -> dict[str, Any]:
        owner, spec = self.experiment["metadata"], self.experiment["spec"]
        reason, message = _WORDS[kind]
        created = _condition("Created", "TrialCreated", "Trial is created")
        status: dict[str, Any] = {
            "startTime": trial.status.start_time,
            "conditions": [created, _condition(kind, reason, message.format(name=trial.name))],
        }
        if kind != "Running":
            status["completionTime"] = _time(self._seconds)
        if kind == "Succeeded":
            # Two attempts of a pod may have reported, and only the latest report counts.
            metrics = [
                {"name": m.name, "min": "-1000", "max": "1000", "latest": m.value}
                for m in trial.status.observation.metrics
            ]
            status["observation"] = {"metrics": metrics}
        return {
            "metadata": {
                "name": trial.name,
                "labels": {LABEL: owner["name"]},
                "ownerReferences": [owner_reference(owner)],
                "finalizers": ["clean-metrics-in-db"],
            },
            "spec": {
                "objective": spec["objective"],
                "parameterAssignments": [
                    {"name": a.name, "value": a.value} for a in trial.spec.parameter_assignments.assignments
                ],
                "runSpec": spec["trialTemplate"]["trialSpec"],
                "retainRun": True,
            },
            "status": status,
        }


@contextmanager
def playing(kubernetes: FakeKubernetes, play: Callable[[dict[str, Any], threading.Event], None]) -> Iterator[None]:
    """Calls ``play`` with every new Experiment, in a thread of its own; what goes wrong there is raised at the end.

    ``play`` must return soon after the event is set.
    """
    over, problems = threading.Event(), list[BaseException]()

    def watch_for_experiments() -> None:
        known = set[str]()
        while not over.wait(0.005):
            experiment = kubernetes.find("experiments")
            if experiment is not None and experiment["metadata"]["uid"] not in known:
                known.add(experiment["metadata"]["uid"])
                play(experiment, over)

    def run() -> None:
        try:
            watch_for_experiments()
        except BaseException as error:
            problems.append(error)
            for plural, name in list(kubernetes.objects):  # so that nobody waits for the trials that never come
                if plural == "experiments":
                    kubernetes.remove(plural, name)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if problems:
            raise problems[0]


def owner_reference(owner: dict[str, Any]) -> dict[str, Any]:
    """What ties a trial to the Experiment with that metadata."""
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "name": owner["name"],
        "uid": owner["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _condition(kind: str, reason: str, message: str) -> dict[str, str]:
    return {"type": kind, "status": "True", "reason": reason, "message": message}


def _time(seconds: int) -> str:
    return f"2026-01-01T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"
