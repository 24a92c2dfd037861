"""Experiments as YAML that a person can read and edit: compact, and with the reason beside each decision."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

_REASONS = {
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
    ("spec", "trialTemplate", "trialSpec", "spec", "runPolicy"): (
        "Re-created pods count against no backoffLimit: the deadline ends them, and with cleanPodPolicy gives the\n"
        "node back. It includes waiting for a node."
    ),
}
_REPLICA_REASONS = {
    ("restartPolicy",): "Exit codes 1-127 fail the trial; 128 and above (SIGTERM: 143) start a new pod, which resumes.",
    ("template", "spec", "automountServiceAccountToken"): "Workload identity and pushing metrics need no token.",
    ("template", "spec", "enableServiceLinks"): "Variables named after the namespace's services could clash with ours.",
    ("template", "spec", "terminationGracePeriodSeconds"): "Time to write a checkpoint after SIGTERM.",
}
_FLOW_WIDTH = 80


def render(experiment: Mapping[str, Any], header: str) -> str:
    """The Experiment as a YAML document.

    Args:
        experiment: what `build_experiment` returns.
        header: lines for people, put on top as comments.

    Returns:
        Text that ends in a newline; every YAML reader, of version 1.1 too, gives the same values back.
    """
    document = _block(experiment)
    for path, reason in _REASONS.items():
        _explain(document, path, reason)
    replicas = ("spec", "trialTemplate", "trialSpec", "spec", "pytorchReplicaSpecs")
    for path, reason in _REPLICA_REASONS.items():
        _explain(document, (*replicas, "Master", *path), reason)
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 4096  # no line is broken: long lists stand one item a line instead
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(document, text)
    return "".join(f"# {line}\n" for line in header.splitlines()) + text.getvalue()


def _explain(document: CommentedMap, path: tuple[str, ...], reason: str) -> None:
    """Puts a comment above a key; a key that this Experiment lacks needs none."""
    for key in path[:-1]:
        document = document[key]
    if path[-1] in document:
        document.yaml_set_comment_before_after_key(path[-1], before=reason, indent=2 * (len(path) - 1))


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
