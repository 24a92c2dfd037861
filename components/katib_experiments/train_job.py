"""The TrainJob of Kubeflow Trainer 2 that Katib makes for each trial, and the runtime that it refers to.

The TrainJob says what to train, and the runtime, one for each Experiment, where and how: Trainer 2.0, 2.1 and 2.2 each
have another field in which a TrainJob may change a runtime's pods, and none of them reaches all that a pod needs.
"""

from __future__ import annotations

from typing import Any

from autogan_kubeflow.components.exit_status import PERMANENT
from autogan_kubeflow.components.katib_experiments.placement import Placement
from autogan_kubeflow.components.katib_experiments.trial_pod import JobKind, env_list, pod_template

TRAIN_JOB = JobKind(
    api_version="trainer.kubeflow.org/v1alpha1",
    kind="TrainJob",
    container="node",
    success="Complete",
    main_pod={"jobset.sigs.k8s.io/replicatedjob-name": "node", "batch.kubernetes.io/job-completion-index": "0"},
)
RUNTIME = "TrainingRuntime"
TRIAL_RESOURCE = "TrainJob.v1alpha1.trainer.kubeflow.org"
"""What Katib's ``trialResources`` have to list."""
TRAINER_STEP = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
"""Label of the job whose pods the TrainJob's ``trainer`` describes."""
HOPELESS = [PERMANENT, 2, 126, 127]
"""Exit statuses that another try would not change: an error of ours, wrong usage, a program that is not there."""
MOST_FAILURES = 20
"""Further tries after signals and statuses such as 138; they wait ever longer, up to ten minutes."""


def train_job(placement: Placement, env: dict[str, str], runtime: str) -> dict[str, Any]:
    """Builds a trial's TrainJob.

    Args:
        placement: the queue; all else of it is the runtime's.
        env: the trial's own variables; Katib's placeholders may stand in the values.
        runtime: name of a `training_runtime`.

    Returns:
        The manifest, without a name, which Katib gives.
    """
    spec = {
        "runtimeRef": {"apiGroup": "trainer.kubeflow.org", "kind": RUNTIME, "name": runtime},
        "trainer": {"numProcPerNode": 1, "env": env_list(env)},
    }
    return TRAIN_JOB.job(placement, spec)


def training_runtime(name: str, placement: Placement, labels: dict[str, str], args: list[str]) -> dict[str, Any]:
    """Builds the runtime of an Experiment's TrainJobs, in the namespace of the Experiment.

    Args:
        name: of the runtime.
        placement: image, resources, nodes and number of pods.
        labels: of the runtime itself.
        args: command line arguments behind ``python -m components.trial``.

    Returns:
        The manifest.
    """
    job = {
        "metadata": {"labels": dict(TRAINER_STEP)},
        "spec": {
            "activeDeadlineSeconds": placement.deadline_seconds,
            "backoffLimit": MOST_FAILURES,
            "podFailurePolicy": {"rules": _failure_rules()},
            "template": pod_template(placement, TRAIN_JOB.container, {}, args, restartPolicy="Never"),
        },
    }
    return {
        "apiVersion": TRAIN_JOB.api_version,
        "kind": RUNTIME,
        "metadata": {"name": name, "namespace": placement.namespace, "labels": labels},
        "spec": {
            "mlPolicy": {"numNodes": placement.workers + 1, "torch": {}},
            "template": {"spec": {"replicatedJobs": [{"name": TRAIN_JOB.container, "template": job}]}},
        },
    }


def _failure_rules() -> list[dict[str, Any]]:
    hopeless = {"containerName": TRAIN_JOB.container, "operator": "In", "values": list(HOPELESS)}
    return [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": hopeless},
    ]
