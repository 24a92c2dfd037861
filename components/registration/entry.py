"""The entry of our suggestion service in Katib's ``runtime.suggestions``."""

from __future__ import annotations

from typing import Any

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.image_names import check_image, tag_of
from autogan_kubeflow.components.katib_protocol import ALGORITHM

DEFAULT_IMAGE = "localhost/autogan/suggestion:0.1.0"
SERVICE_ACCOUNT = "autogan-suggestion"


def suggestion_entry(image: str) -> dict[str, Any]:
    """Builds the entry by which Katib starts our service for Experiments with ``algorithmName: autogan``.

    Katib takes container fields and a service account, no field of a pod and no volumes: the service must do without
    a writable file system. Its own limits would be 500m CPU and 100Mi memory.

    Args:
        image: image of the service with a tag or a digest, such as ``registry.example/autogan/suggestion:0.1.0``.

    Returns:
        The entry for ``runtime.suggestions`` of Katib's configuration.

    Raises:
        ConfigError: ``image`` is no image reference, or one that can change its meaning.
    """
    _check_image(image)
    return {
        "algorithmName": ALGORITHM,
        "image": image,
        "command": ["python", "-m", "components.suggestion"],
        "env": [
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"},
        ],
        "resources": {
            "requests": {"cpu": "500m", "memory": "256Mi"},
            "limits": {"cpu": "2", "memory": "1Gi"},
        },
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccountName": SERVICE_ACCOUNT,
    }


def _check_image(image: str) -> None:
    tag, digest = tag_of(check_image(image, "the image"))
    if digest is None and tag in (None, "latest"):
        raise ConfigError(
            f"the image '{image}' has no fixed tag, so a restarted service could be another program in the middle of a "
            "search; give a version or a digest, such as name:0.1.0"
        )
