"""Checks of an Experiment's trial template: placeholders, conditions, and a job of a known kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from autogan_kubeflow.components.katib_experiments.builder import JOB_KINDS
from autogan_kubeflow.components.katib_experiments.train_job import TRAIN_JOB
from autogan_kubeflow.components.katib_experiments.trial_pod import JobKind
from autogan_kubeflow.components.katib_protocol import ALGORITHM, FIELDS
from autogan_kubeflow.components.manifest_checks import pytorch_job as check_pytorch_job
from autogan_kubeflow.components.manifest_checks import train_job as check_train_job
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping, strings

_PLACEHOLDER = re.compile(r"\$\{trialParameters\.([^}]*)\}")
_META = re.compile(r"\$\{trialSpec\.(Name|Namespace|Kind|APIVersion|(Annotations|Labels)\[[^\]]+\])\}")


def check_template(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of ``spec.trialTemplate`` itself."""
    template = mapping(spec, "trialTemplate")
    if ("trialSpec" in template) == ("configMap" in template):
        yield "trialTemplate needs either trialSpec or configMap"
    job = mapping(template, "trialSpec")
    kind = _kind(job)
    if kind is None:
        known = " or a ".join(f"{known.api_version} {known.kind}" for known in JOB_KINDS.values())
        yield f"trialSpec must be a {known}, not {job.get('apiVersion')} {job.get('kind')}"
    else:
        yield from _check_kind(template, kind)
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
    job = dig(spec, "trialTemplate", "trialSpec")
    names = {str(item.get("name")) for item in items(spec, "trialTemplate", "trialParameters")}
    used = {name for text in strings(job) for name in _PLACEHOLDER.findall(text)}
    for name in sorted(names - used):
        yield f"trialParameter '{name}' is not used in trialSpec; Katib refuses that"
    for name in sorted(used - names):
        yield f"trialSpec uses ${{trialParameters.{name}}}, which trialParameters do not name"
    replicas = mapping(job, "spec", "pytorchReplicaSpecs").values()
    programs = [container for pod in replicas for container in items(pod, "template", "spec", "containers")]
    for program in (*programs, mapping(job, "spec", "trainer")):
        if any(_PLACEHOLDER.search(text) for text in strings([program.get("command"), program.get("args")])):
            yield "placeholders belong into env: a metrics collector hands command and args to a shell"


def check_job(spec: Mapping[str, Any]) -> Iterator[str]:
    """Problems of the job that each trial is."""
    job = mapping(spec, "trialTemplate", "trialSpec")
    check = check_train_job if _kind(job) is TRAIN_JOB else check_pytorch_job
    yield from check.check_job(mapping(job, "spec"))


def _kind(job: Mapping[str, Any]) -> JobKind | None:
    named = (job.get("apiVersion"), job.get("kind"))
    return next((kind for kind in JOB_KINDS.values() if (kind.api_version, kind.kind) == named), None)


def _check_kind(template: Mapping[str, Any], kind: JobKind) -> Iterator[str]:
    """Problems between the template and the kind of its jobs."""
    if template.get("primaryContainerName") != kind.container:
        yield (
            f"trialTemplate.primaryContainerName must be '{kind.container}', "
            f"not {template.get('primaryContainerName')!r}"
        )
    for key, condition in kind.conditions().items():
        if template.get(key) != condition:
            yield f"trialTemplate.{key} must be {condition}, not {template.get(key)!r}"
    if template.get("primaryPodLabels") != kind.main_pod:
        yield f"trialTemplate.primaryPodLabels must be {dict(kind.main_pod)}: rank 0 alone reports metrics"


def _assigned(spec: Mapping[str, Any]) -> set[str]:
    if dig(spec, "algorithm", "algorithmName") == ALGORITHM:
        return set(FIELDS)
    return {str(parameter.get("name")) for parameter in items(spec, "parameters")}
