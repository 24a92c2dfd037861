"""The target of a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NAMESPACE = "autogan"
"""The namespace that the manifests make."""
PIPELINES_NAMESPACE = KATIB_NAMESPACE = "kubeflow"
"""The namespace into which Kubeflow installs both."""
PART_OF = {"app.kubernetes.io/part-of": "autogan-kubeflow"}
"""Label of everything that the manifests make."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Which installation, and how it is meant to be."""

    namespace: str = NAMESPACE
    """The namespace of Experiments and their trials."""
    katib_namespace: str = KATIB_NAMESPACE
    """The namespace of Katib and the training operator."""
    pipelines_namespace: str = PIPELINES_NAMESPACE
    """The namespace of the pipelines' pods."""
    pipelines_account: str | None = None
    """The service account of the pipelines' pods; None: ``pipeline-runner`` or ``default-editor``, whichever exists."""
    image: str | None = None
    """The image of the trials; None: that of the Job ``prepare-data``, else the manifests'."""
    suggestion_image: str | None = None
    """What should be registered; None: whatever is."""
    step_requests: Mapping[str, str] = field(default_factory=dict)
    """What a pipeline's step that computes asks for: ``cpu``, ``memory`` and perhaps GPUs."""

    @property
    def is_usual(self) -> bool:
        """Whether the manifests can be applied as they are."""
        return self.namespace == NAMESPACE


def manifest(path: str, namespace: str) -> str:
    """The command that applies one of our manifests, to another namespace than the manifests' own if need be."""
    if namespace == NAMESPACE:
        return f"kubectl apply -f {path}"
    edit = f"s/\\(namespace\\|name\\): {NAMESPACE}$/\\1: {namespace}/"
    return f"sed '{edit}' {path} | kubectl apply -f -"
