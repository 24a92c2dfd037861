"""Checks of an Experiment's trial template: placeholders, conditions and the PyTorchJob's shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from components.experiments.builder import CONDITIONS, MASTER_LABELS
from components.experiments.check_pods import check_pod
from components.experiments.pytorch_job import CONTAINER
from components.experiments.tree import dig, items, mapping, strings
from components.katib_protocol import ALGORITHM, FIELDS

_PLACEHOLDER = re.compile(r"\$\{trialParameters\.([^}]*)\}")
_META = re.compile(r"\$\{trialSpec\.(Name|Namespace|Kind|APIVersion|(Annotations|Labels)\[[^\]]+\])\}")
SHORTEST_TTL = 24 * 3600
"""A PyTorchJob that is gone before Katib has read its state is made again."""


def check_template(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of ``spec.trialTemplate`` itself."""
    template = mapping(spec, "trialTemplate")
    if template.get("primaryContainerName") != CONTAINER:
        yield f"trialTemplate.primaryContainerName must be '{CONTAINER}', not {template.get('primaryContainerName')!r}"
    for key, condition in CONDITIONS.items():
        if template.get(key) != condition:
            yield f"trialTemplate.{key} must be {condition}, not {template.get(key)!r}"
    if template.get("primaryPodLabels") != MASTER_LABELS:
        yield f"trialTemplate.primaryPodLabels must be {MASTER_LABELS}: the master alone reports metrics"
    if ("trialSpec" in template) == ("configMap" in template):
        yield "trialTemplate needs either trialSpec or configMap"
    job = mapping(template, "trialSpec")
    if (job.get("apiVersion"), job.get("kind")) != ("kubeflow.org/v1", "PyTorchJob"):
        yield f"trialSpec must be a kubeflow.org/v1 PyTorchJob, not {job.get('apiVersion')} {job.get('kind')}"
    for key in ("name", "namespace"):
        if key in mapping(job, "metadata"):
            yield f"trialSpec.metadata.{key} must go; Katib sets it"


def check_references(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems between what the algorithm assigns and what ``trialParameters`` refer to."""
    declared = items(spec, "trialTemplate", "trialParameters")
    for key in ("name", "reference"):
        values = [item.get(key) for item in declared]
        for value, count in Counter(map(str, values)).items():
            if count > 1:
                yield f"trialParameters: {key} '{value}' occurs {count} times; Katib refuses that"
        if not all(isinstance(value, str) and value for value in values):
            yield f"trialParameters: every entry needs a {key}"
    references = {str(item.get("reference")) for item in declared}
    broken = {reference for reference in references if reference.startswith("${") and not _META.fullmatch(reference)}
    for reference in sorted(broken):
        yield f"trialParameters: '{reference}' is no meta reference that Katib knows"
    wanted = _assigned(spec)
    given = {reference for reference in references if not reference.startswith("${")}
    for name in sorted(wanted - given):
        yield f"trialParameters lack a reference to '{name}', which the algorithm assigns; no trial could be created"
    for name in sorted(given - wanted):
        yield f"trialParameters refer to '{name}', which the algorithm does not assign; no trial could be created"


def check_placeholders(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems between ``trialParameters`` and the placeholders in ``trialSpec``."""
    names = {str(item.get("name")) for item in items(spec, "trialTemplate", "trialParameters")}
    used = {name for text in strings(dig(spec, "trialTemplate", "trialSpec")) for name in _PLACEHOLDER.findall(text)}
    for name in sorted(names - used):
        yield f"trialParameter '{name}' is not used in trialSpec; Katib refuses that"
    for name in sorted(used - names):
        yield f"trialSpec uses ${{trialParameters.{name}}}, which trialParameters do not name"
    for pod in _replicas(spec).values():
        for container in items(pod, "template", "spec", "containers"):
            if any(_PLACEHOLDER.search(text) for text in strings([container.get("command"), container.get("args")])):
                yield "placeholders belong into env: a metrics collector hands command and args to a shell"


def check_job(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of the PyTorchJob."""
    replicas = _replicas(spec)
    if type(dig(replicas, "Master", "replicas")) is not int or dig(replicas, "Master", "replicas") != 1:
        yield "pytorchReplicaSpecs.Master.replicas must be written and be 1"
    for role in sorted(replicas.keys() - {"Master", "Worker"}):
        yield f"pytorchReplicaSpecs.{role}: there are only Master and Worker"
    workers = dig(replicas, "Worker", "replicas")
    if "Worker" in replicas and (type(workers) is not int or workers < 1):
        yield f"pytorchReplicaSpecs.Worker.replicas must be 1 or more, not {workers!r}; leave Worker out for none"
    yield from _check_run_policy(mapping(spec, "trialTemplate", "trialSpec", "spec", "runPolicy"))
    for role, replica in replicas.items():
        if dig(replica, "restartPolicy") != "ExitCode":
            yield f"{role}.restartPolicy must be ExitCode, so that a preempted pod resumes and a hopeless trial ends"


def check_replica_pods(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of the pods of each replica type."""
    for role, replica in _replicas(spec).items():
        template = mapping(replica, "template")
        containers = items(template, "spec", "containers")
        if CONTAINER not in {container.get("name") for container in containers}:
            yield f"{role}: one container must be named '{CONTAINER}'"
        mounts = {mount.get("mountPath") for container in containers for mount in items(container, "volumeMounts")}
        if "/tmp" not in mounts:
            yield f"{role}: mount an emptyDir at /tmp; the root file system is read-only"
        if dig(template, "metadata", "labels", "sidecar.istio.io/inject") != "false":
            yield f'{role}: label sidecar.istio.io/inject must be "false", in quotes; a sidecar would outlive the trial'
        if type(dig(template, "spec", "terminationGracePeriodSeconds")) is not int:
            yield f"{role}: write terminationGracePeriodSeconds; a checkpoint may take longer than the default 30"
        if dig(template, "spec", "automountServiceAccountToken"):
            yield f"{role}: automountServiceAccountToken must be false; a trial does not call the Kubernetes API"
        yield from check_pod(template, role)


def _check_run_policy(policy: Mapping[str, Any]) -> Iterator[str]:
    if type(policy.get("activeDeadlineSeconds")) is not int:
        yield "runPolicy.activeDeadlineSeconds is missing; nothing else bounds a trial whose pods fail forever"
    if policy.get("cleanPodPolicy") != "Running":
        yield "runPolicy.cleanPodPolicy must be Running: a trial past its deadline has to give its node back"
    ttl = policy.get("ttlSecondsAfterFinished")
    if ttl is not None and (type(ttl) is not int or ttl < SHORTEST_TTL):
        yield f"runPolicy.ttlSecondsAfterFinished must be at least {SHORTEST_TTL}, or go, not {ttl!r}"


def _assigned(spec: Mapping[str, Any]) -> set[str]:
    if dig(spec, "algorithm", "algorithmName") == ALGORITHM:
        return set(FIELDS)
    return {str(parameter.get("name")) for parameter in items(spec, "parameters")}


def _replicas(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(spec, "trialTemplate", "trialSpec", "spec", "pytorchReplicaSpecs")
