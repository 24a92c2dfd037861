"""Experiments as YAML that a person can read and edit: compact, and with the reason beside each decision."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from autogan_kubeflow.components.katib_experiments.train_job import RUNTIME, TRIAL_RESOURCE

Keys = tuple[str | int, ...]
"""Keys and places on the way to a value."""

_TRIAL = ("spec", "trialTemplate", "trialSpec")
_MASTER = (*_TRIAL, "spec", "pytorchReplicaSpecs", "Master")
_RUNTIME_JOB = ("spec", "template", "spec", "replicatedJobs", 0, "template", "spec")
_POD_REASONS: dict[Keys, str] = {
    ("automountServiceAccountToken",): "Workload identity and pushing metrics need no token.",
    ("enableServiceLinks",): "Variables named after the namespace's services could clash with ours.",
    ("terminationGracePeriodSeconds",): "Time to write a checkpoint after SIGTERM.",
}
_EXPERIMENT_REASONS: dict[Keys, str] = {
    (
        "spec",
        "objective",
        "metricStrategies",
    ): "Without them Katib takes the maximum of all that a trial ever reported.",
    ("spec", "parallelTrialCount"): "Trials on shared weights follow one another; only others may run in parallel.",
    ("spec", "maxFailedTrialCount"): (
        "A lost iteration does little harm, but an image or bucket that nobody can reach fails every trial."
    ),
    ("spec", "resumePolicy"): (
        "Keeps the (stateless) suggestion pod, so that maxTrialCount can still be raised when the last trials failed.\n"
        "It ends with the Experiment: kubectl delete experiment."
    ),
    (
        "spec",
        "metricsCollectorSpec",
    ): "Push: no sidecar and no shell around the trial, so that SIGTERM reaches it (Katib 0.18 and later).",
    ("spec", "nasConfig"): "The search space. Shorten a list here and in AUTOGAN_SET (search.space.*) to narrow it.",
    (
        "spec",
        "trialTemplate",
        "retain",
    ): "Keeps finished pods, and with them kubectl logs, until the Experiment is deleted.",
    (*_TRIAL, "spec", "runPolicy"): (
        "Re-created pods count against no backoffLimit: the deadline ends them, and with cleanPodPolicy gives the\n"
        "node back. It includes waiting for a node."
    ),
    (*_MASTER, "restartPolicy"): (
        "Exit codes 1-127 fail the trial; 128 and above (SIGTERM: 143) start a new pod, which resumes."
    ),
    **{(*_MASTER, "template", "spec", *path): reason for path, reason in _POD_REASONS.items()},
    (*_TRIAL, "spec", "runtimeRef"): (
        "The runtime has to be there first, since Trainer refuses a TrainJob without; and Katib's trialResources have\n"
        f"to list {TRIAL_RESOURCE} (Katib 0.19 and later)."
    ),
    (*_TRIAL, "spec", "trainer", "numProcPerNode"): "Otherwise Trainer counts a process for each CPU core.",
}
_RUNTIME_REASONS: dict[Keys, str] = {
    ("spec", "mlPolicy"): "torch: Trainer tells the pods where they meet, and their ranks, by PET_* variables.",
    (
        *_RUNTIME_JOB,
        "activeDeadlineSeconds",
    ): "Ends a trial whose pods wait or fail for ever. It includes waiting for a node.",
    (*_RUNTIME_JOB, "podFailurePolicy"): (
        "A pod that is evicted or preempted is replaced, and resumes. A mistake fails the trial at once. All else\n"
        "(SIGTERM: 143, storage out of reach: 138, out of memory: 137) is replaced up to backoffLimit times."
    ),
    **{(*_RUNTIME_JOB, "template", "spec", *path): reason for path, reason in _POD_REASONS.items()},
}
_FLOW_WIDTH = 80


def render(documents: Iterable[Mapping[str, Any]], header: str) -> str:
    """Experiments, and the runtimes of their trials, as a stream of YAML documents.

    Args:
        documents: what `manifests` returns.
        header: lines for people, put on top as comments.

    Returns:
        Text that ends in a newline; every YAML reader, of version 1.1 too, gives the same values back.
    """
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + "---\n".join(_document(document) for document in documents)


def _document(value: Mapping[str, Any]) -> str:
    document = _block(value)
    reasons = _RUNTIME_REASONS if value["kind"] == RUNTIME else _EXPERIMENT_REASONS
    for path, reason in reasons.items():
        _explain(document, path, reason)
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 4096  # no line is broken: long lists stand one item a line instead
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(document, text)
    return text.getvalue()


def _explain(document: CommentedMap, path: Keys, reason: str) -> None:
    """Puts a comment above a key; a key that this document lacks needs none."""
    inner: Any = document
    for key in path[:-1]:
        if isinstance(inner, CommentedMap) and key not in inner:
            return
        inner = inner[key]
    if path[-1] in inner:
        inner.yaml_set_comment_before_after_key(path[-1], before=reason, indent=2 * (len(path) - 1))


def _block(value: Any) -> Any:
    if isinstance(value, Mapping):
        mapping = CommentedMap({key: _block(inner) for key, inner in value.items()})
        if "name" in value and all(_is_short(inner) for inner in value.values()):
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list):
        sequence = CommentedSeq([_block(inner) for inner in value])
        if all(isinstance(inner, str) for inner in value) and len(", ".join(value)) <= _FLOW_WIDTH:
            sequence.fa.set_flow_style()
        return sequence
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value


def _is_short(value: Any) -> bool:
    return not isinstance(value, Mapping | list) and len(str(value)) <= _FLOW_WIDTH and "\n" not in str(value)
