"""The PyTorchJob of the training operator 1.9 that Katib makes for each trial."""

from __future__ import annotations

from typing import Any

from autogan_kubeflow.components.katib_experiments.placement import Placement
from autogan_kubeflow.components.katib_experiments.trial_pod import JobKind, pod_template

PYTORCH_JOB = JobKind(
    api_version="kubeflow.org/v1",
    kind="PyTorchJob",
    container="pytorch",
    success="Succeeded",
    main_pod={"training.kubeflow.org/job-role": "master"},
)


def pytorch_job(placement: Placement, env: dict[str, str], args: list[str]) -> dict[str, Any]:
    """Builds a trial's PyTorchJob.

    Args:
        placement: resources, image and number of pods.
        env: the trial's own variables; Katib's placeholders may stand in the values.
        args: command line arguments behind ``python -m components.trial``.

    Returns:
        The manifest, without a name, which Katib gives.
    """
    replicas = {"Master": 1} | ({"Worker": placement.workers} if placement.workers else {})
    spec = {
        "runPolicy": {"cleanPodPolicy": "Running", "activeDeadlineSeconds": placement.deadline_seconds},
        "nprocPerNode": "1",
        "pytorchReplicaSpecs": {
            role: {
                "replicas": count,
                "restartPolicy": "ExitCode",
                "template": pod_template(placement, PYTORCH_JOB.container, env, args),
            }
            for role, count in replicas.items()
        },
    }
    return PYTORCH_JOB.job(placement, spec)
