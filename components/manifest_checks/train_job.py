"""Checks of the TrainJob that each trial is, and of the runtime that makes its pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autogan_kubeflow.components.katib_experiments.train_job import HOPELESS, RUNTIME, TRAIN_JOB, TRAINER_STEP
from autogan_kubeflow.components.manifest_checks.pods import check_environment, check_trial_pod
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping

RUNTIMES = (RUNTIME, f"Cluster{RUNTIME}")


def check_job(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of a TrainJob's ``spec``."""
    runtime, trainer = mapping(spec, "runtimeRef"), mapping(spec, "trainer")
    if runtime.get("kind") not in RUNTIMES or not runtime.get("name"):
        yield f"runtimeRef must have a kind, {' or '.join(RUNTIMES)}, and a name, not {dict(runtime)}"
    if type(trainer.get("numProcPerNode")) is not int or trainer.get("numProcPerNode") != 1:
        yield "trainer.numProcPerNode must be 1; otherwise Trainer counts a process for each CPU core"
    yield from check_environment(trainer, "trainer")
    for name in [str(item.get("name")) for item in items(trainer, "env")]:
        if name.startswith("PET_"):
            yield f"trainer.env: {name} must go; Trainer sets it, and refuses a TrainJob that does"


def check_runtime(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of a runtime's ``spec``."""
    if "torch" not in mapping(spec, "mlPolicy"):
        yield "mlPolicy.torch must be there, so that the pods are told their ranks and where they meet"
    jobs = items(spec, "template", "spec", "replicatedJobs")
    if [job.get("name") for job in jobs] != [TRAIN_JOB.container]:
        yield f"template.spec.replicatedJobs must be one named '{TRAIN_JOB.container}', by which Katib finds rank 0"
    for job in (mapping(job, "template") for job in jobs):
        labels = mapping(job, "metadata", "labels")
        for key, value in TRAINER_STEP.items():
            if labels.get(key) != value:
                yield f"the job's label {key} must be {value}, so that a TrainJob's environment reaches its pods"
        yield from _check_ends(mapping(job, "spec"))
        yield from check_trial_pod(mapping(job, "spec", "template"), "pod", TRAIN_JOB.container)


def _check_ends(job: Mapping[str, Any]) -> Iterator[str]:
    """Problems of how the job ends."""
    if type(job.get("activeDeadlineSeconds")) is not int:
        yield "activeDeadlineSeconds is missing; nothing else bounds a trial whose pods wait for ever"
    if type(job.get("backoffLimit")) is not int:
        yield "write backoffLimit; the default 6 ends a trial at its seventh preemption by signal"
    if dig(job, "template", "spec", "restartPolicy") != "Never":
        yield "restartPolicy must be Never, which podFailurePolicy asks for"
    final = {
        status
        for rule in items(job, "podFailurePolicy", "rules")
        if rule.get("action") == "FailJob" and dig(rule, "onExitCodes", "operator") == "In"
        for status in (dig(rule, "onExitCodes", "values") or [])
    }
    if missing := sorted(set(HOPELESS) - final):
        yield f"podFailurePolicy must fail the job at exit status {missing}, which another try would not change"
    if again := sorted(status for status in final if status >= 128):
        yield f"podFailurePolicy must not fail the job at exit status {again}: a new pod resumes"
