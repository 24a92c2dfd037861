"""The pod of a trial, whatever job makes it: hardened, around ``python -m components.trial``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autogan_core.storage.uris import tidy
from autogan_kubeflow.components.katib_experiments.placement import Placement

POD_LABELS = {
    "app.kubernetes.io/name": "autogan",
    "app.kubernetes.io/component": "trial",
    # A sidecar that never ends would keep the pod, and so the trial, from ever finishing.
    "sidecar.istio.io/inject": "false",
}
KEY_FOLDER = "/var/run/secrets/autogan-gcs"
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """The kind of a trial's job, as Katib must know it."""

    api_version: str
    kind: str
    container: str
    """Name of the container that trains; the job's controller insists on it."""
    success: str
    """Type of the condition that a job has once it succeeded."""
    main_pod: Mapping[str, str]
    """Labels of the pod with rank 0."""

    def conditions(self) -> dict[str, str]:
        """The conditions by which Katib recognises success and failure."""
        return {
            key: f'status.conditions.#(type=="{condition}")#|#(status=="True")#'
            for key, condition in {"successCondition": self.success, "failureCondition": "Failed"}.items()
        }

    def job(self, placement: Placement, spec: dict[str, Any]) -> dict[str, Any]:
        """A job of this kind, without a name, which Katib gives; admitted by the placement's queue."""
        metadata = {"metadata": {"labels": {QUEUE_LABEL: placement.queue}}} if placement.queue else {}
        return {"apiVersion": self.api_version, "kind": self.kind, **metadata, "spec": spec}


def pod_template(
    placement: Placement, container: str, env: Mapping[str, str], args: list[str], **more: Any
) -> dict[str, Any]:
    """Builds the template of a trial's pods.

    Args:
        placement: image, resources and nodes.
        container: name of the container.
        env: variables of the trial itself.
        args: command line arguments behind ``python -m components.trial``.
        more: fields of the pod's spec that the job asks for.

    Returns:
        Labels and spec.
    """
    return {"metadata": {"labels": dict(POD_LABELS)}, "spec": {**more, **_pod(placement, container, env, args)}}


def _pod(placement: Placement, container: str, env: Mapping[str, str], args: list[str]) -> dict[str, Any]:
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
        **_nodes(placement),
        "containers": [_container(placement, container, env, args)],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "cache", "emptyDir": {"sizeLimit": placement.scratch}},
            {"name": "gcs-key", "secret": {"secretName": "autogan-gcs-key", "optional": True}},
            *([{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}] if _needs_shm(placement) else []),
        ],
    }


def _nodes(placement: Placement) -> dict[str, Any]:
    """The fields of a pod's spec that choose its nodes and its priority."""
    gpu = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    fields = {
        "priorityClassName": placement.priority_class,
        "nodeSelector": placement.node_labels(),
        "tolerations": (gpu if placement.device == "cuda" else []) + placement.tolerated(),
    }
    return {name: value for name, value in fields.items() if value}


def _container(placement: Placement, name: str, env: Mapping[str, str], args: list[str]) -> dict[str, Any]:
    amounts = {"cpu": placement.cpu, "memory": placement.memory}
    amounts |= {"nvidia.com/gpu": "1"} if placement.device == "cuda" else {}
    common = {
        "AUTOGAN_DEVICE": placement.device,
        "AUTOGAN_CACHE": "/cache",
        **({"AUTOGAN_STORE": tidy(placement.store)} if placement.store else {}),
    }
    return {
        "name": name,
        "image": placement.image,
        "command": ["python", "-m", "components.trial"],
        **({"args": args} if args else {}),
        "envFrom": [{"configMapRef": {"name": "autogan"}}],
        "env": env_list({**env, **common}),
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


def env_list(env: Mapping[str, str]) -> list[dict[str, str]]:
    """Variables as a container takes them."""
    return [{"name": name, "value": value} for name, value in env.items()]


def _needs_shm(placement: Placement) -> bool:
    """NCCL talks through shared memory, of which a container has 64 MiB by default; one process alone needs none."""
    return placement.workers > 0 and placement.device == "cuda"
