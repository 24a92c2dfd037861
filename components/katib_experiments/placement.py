"""Where and on what the trials of an Experiment run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.image_names import check_image
from autogan_kubeflow.components.kubernetes_rules import (
    check_long_name,
    check_name,
    check_quantity,
    parse_label,
    parse_toleration,
)
from autogan_kubeflow.components.shared_places import check_shared_store

IMAGE = "localhost/autogan/runtime:0.1.0"
"""Image of the trials. The registry and a digest are put in by kustomize or ``--image``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where and on what the trials of an Experiment run."""

    job: Literal["pytorchjob", "trainjob"] = "pytorchjob"
    """What each trial is: a PyTorchJob of the training operator 1.9, or a TrainJob of Kubeflow Trainer 2."""
    image: str = IMAGE
    """Reference with a version tag or a digest."""
    namespace: str = "autogan"
    """Namespace of the Experiment and all its pods."""
    device: Literal["cuda", "cpu"] = "cuda"
    """``cuda`` asks for one GPU for each pod."""
    cpu: str = "4"
    """CPU cores of a pod, requested and at most; a Kubernetes quantity."""
    memory: str = "16Gi"
    """Memory of a pod, requested and at most; a Kubernetes quantity."""
    scratch: str = "8Gi"
    """Most that a pod may keep on the node's disk for inputs and weights; a Kubernetes quantity."""
    workers: int = 0
    """Pods beside the master that train the same network on their share of each batch."""
    deadline_seconds: int = 24 * 3600
    """A trial that is not done after so long, waiting for a node included but not for its queue, has failed."""
    store: str | None = None
    """Run store, ``gs://bucket/prefix``; None: the one in the ConfigMap ``autogan``."""
    metrics: Literal["push", "print"] = "push"
    """How scores reach Katib: pushed by the trial, or printed and collected (Katib 0.17)."""
    queue: str | None = None
    """Kueue's LocalQueue that admits each trial; None: no queue."""
    priority_class: str | None = None
    """PriorityClass of the pods, by which Kueue orders its queue, too; None: the cluster's default."""
    node_selector: tuple[str, ...] = ()
    """``key=value`` labels of the nodes that may run the pods."""
    tolerations: tuple[str, ...] = ()
    """Taints that the pods tolerate beside the GPU's, as kubectl writes them: ``key[=value][:effect]``."""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ConfigError(f"workers must be 0 or more, not {self.workers}")
        if self.deadline_seconds <= 0:
            raise ConfigError(f"deadline_seconds must be positive, not {self.deadline_seconds}")
        check_image(self.image, "the image")
        check_name(self.namespace, "the namespace")
        for name in ("cpu", "memory", "scratch"):
            check_quantity(getattr(self, name), name)
        if self.store is not None:
            check_shared_store(self.store, "the store")
        if self.queue is not None:
            check_name(self.queue, "queue")
        if self.priority_class is not None:
            check_long_name(self.priority_class, "priority_class")
        self.node_labels()
        self.tolerated()

    def node_labels(self) -> dict[str, str]:
        """The node selector as Kubernetes takes it."""
        return dict(parse_label(text, "the node selector") for text in self.node_selector)

    def tolerated(self) -> list[dict[str, str]]:
        """The tolerations as Kubernetes takes them."""
        return [parse_toleration(text) for text in self.tolerations]
