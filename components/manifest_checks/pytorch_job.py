"""Checks of the PyTorchJob that each trial is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autogan_kubeflow.components.katib_experiments.pytorch_job import PYTORCH_JOB
from autogan_kubeflow.components.manifest_checks.pods import check_trial_pod
from autogan_kubeflow.components.manifest_checks.tree import dig, mapping

SHORTEST_TTL = 24 * 3600
"""A PyTorchJob that is gone before Katib has read its state is made again."""


def check_job(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of a PyTorchJob's ``spec``."""
    replicas = mapping(spec, "pytorchReplicaSpecs")
    if type(dig(replicas, "Master", "replicas")) is not int or dig(replicas, "Master", "replicas") != 1:
        yield "pytorchReplicaSpecs.Master.replicas must be written and be 1"
    for role in sorted(replicas.keys() - {"Master", "Worker"}):
        yield f"pytorchReplicaSpecs.{role}: there are only Master and Worker"
    workers = dig(replicas, "Worker", "replicas")
    if "Worker" in replicas and (type(workers) is not int or workers < 1):
        yield f"pytorchReplicaSpecs.Worker.replicas must be 1 or more, not {workers!r}; leave Worker out for none"
    yield from _check_run_policy(mapping(spec, "runPolicy"))
    for role, replica in replicas.items():
        if dig(replica, "restartPolicy") != "ExitCode":
            yield f"{role}.restartPolicy must be ExitCode, so that a preempted pod resumes and a hopeless trial ends"
        yield from check_trial_pod(mapping(replica, "template"), role, PYTORCH_JOB.container)


def _check_run_policy(policy: Mapping[str, Any]) -> Iterator[str]:
    if type(policy.get("activeDeadlineSeconds")) is not int:
        yield "runPolicy.activeDeadlineSeconds is missing; nothing else bounds a trial whose pods fail forever"
    if policy.get("cleanPodPolicy") != "Running":
        yield "runPolicy.cleanPodPolicy must be Running: a trial past its deadline has to give its node back"
    ttl = policy.get("ttlSecondsAfterFinished")
    if ttl is not None and (type(ttl) is not int or ttl < SHORTEST_TTL):
        yield f"runPolicy.ttlSecondsAfterFinished must be at least {SHORTEST_TTL}, or go, not {ttl!r}"
