"""The PyTorchJob that Katib makes for each trial: hardened pods around ``python -m components.trial``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from autogan_core.errors import ConfigError

IMAGE = "localhost/autogan/runtime:0.1.0"
"""Image of the trials. The registry and a digest are put in by kustomize or ``--image``."""
CONTAINER = "pytorch"
"""The training operator insists on this name."""
POD_LABELS = {
    "app.kubernetes.io/name": "autogan",
    "app.kubernetes.io/component": "trial",
    # A sidecar that never ends would keep the pod, and so the trial, from ever finishing.
    "sidecar.istio.io/inject": "false",
}
KEY_FOLDER = "/var/run/secrets/autogan-gcs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where and on what the trials of an Experiment run."""

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
    """A trial that is not done after so long, waiting for a node included, has failed."""
    store: str | None = None
    """Run store, ``gs://bucket/prefix``; None: the one in the ConfigMap ``autogan``."""
    metrics: Literal["push", "print"] = "push"
    """How scores reach Katib: pushed by the trial, or printed and collected (Katib 0.17)."""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ConfigError(f"workers must be 0 or more, not {self.workers}")
        if self.deadline_seconds <= 0:
            raise ConfigError(f"deadline_seconds must be positive, not {self.deadline_seconds}")


def pytorch_job(placement: Placement, env: dict[str, str], args: list[str]) -> dict[str, Any]:
    """A trial's PyTorchJob, without a name, which Katib gives.

    Args:
        placement: resources, image and number of pods.
        env: the trial's own variables; Katib's placeholders may stand in the values.
        args: command line arguments behind ``python -m components.trial``.
    """
    replicas = {"Master": 1} | ({"Worker": placement.workers} if placement.workers else {})
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "spec": {
            "runPolicy": {"cleanPodPolicy": "Running", "activeDeadlineSeconds": placement.deadline_seconds},
            "nprocPerNode": "1",
            "pytorchReplicaSpecs": {
                role: {
                    "replicas": count,
                    "restartPolicy": "ExitCode",
                    "template": {"metadata": {"labels": dict(POD_LABELS)}, "spec": _pod(placement, env, args)},
                }
                for role, count in replicas.items()
            },
        },
    }


def _pod(placement: Placement, env: dict[str, str], args: list[str]) -> dict[str, Any]:
    gpu = placement.device == "cuda"
    return {
        "serviceAccountName": "autogan-trial",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 120,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **({"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]} if gpu else {}),
        "containers": [_container(placement, env, args)],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "cache", "emptyDir": {"sizeLimit": placement.scratch}},
            {"name": "gcs-key", "secret": {"secretName": "autogan-gcs-key", "optional": True}},
            *([{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}] if _needs_shm(placement) else []),
        ],
    }


def _container(placement: Placement, env: dict[str, str], args: list[str]) -> dict[str, Any]:
    amounts = {"cpu": placement.cpu, "memory": placement.memory}
    amounts |= {"nvidia.com/gpu": "1"} if placement.device == "cuda" else {}
    common = {
        "AUTOGAN_METRICS": placement.metrics,
        "AUTOGAN_DEVICE": placement.device,
        "AUTOGAN_CACHE": "/cache",
        **({"AUTOGAN_STORE": placement.store} if placement.store else {}),
    }
    return {
        "name": CONTAINER,
        "image": placement.image,
        "command": ["python", "-m", "components.trial"],
        **({"args": args} if args else {}),
        "envFrom": [{"configMapRef": {"name": "autogan"}}],
        "env": [{"name": name, "value": value} for name, value in {**env, **common}.items()],
        "resources": {"requests": dict(amounts), "limits": dict(amounts)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "cache", "mountPath": "/cache"},
            {"name": "gcs-key", "mountPath": KEY_FOLDER, "readOnly": True},
            *([{"name": "shm", "mountPath": "/dev/shm"}] if _needs_shm(placement) else []),
        ],
    }


def _needs_shm(placement: Placement) -> bool:
    """NCCL talks through shared memory, of which a container has 64 MiB by default; one process alone needs none."""
    return placement.workers > 0 and placement.device == "cuda"
