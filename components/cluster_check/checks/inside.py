"""A pod that looks from inside: with the trials' account, image, settings, secret and labels, and gone afterwards."""

from __future__ import annotations

import copy
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autogan_core.errors import ConfigError
from autogan_core.storage.uris import uri_trouble
from autogan_kubeflow.components.cluster_check.base.cluster import Cluster, RefusedError
from autogan_kubeflow.components.cluster_check.base.finding import Finding, missing, note, ok, warning
from autogan_kubeflow.components.cluster_check.base.target import Target
from autogan_kubeflow.components.cluster_check.checks import probe
from autogan_kubeflow.components.cluster_check.checks.namespace import CONFIG_MAP, config_map
from autogan_kubeflow.components.katib_experiments.placement import IMAGE, Placement
from autogan_kubeflow.components.katib_experiments.pytorch_job import PYTORCH_JOB, pytorch_job
from autogan_kubeflow.components.manifest_checks.tree import dig, items

PATIENCE_S = 120.0
POLL_S = 2.0
INSTANCE_LABEL, INSTANCE = "app.kubernetes.io/instance", "cluster-check"
"""Label of the pods, by which one that was left behind is found."""
_CONFIG_ERROR = "CreateContainerConfigError"
_STUCK_REASONS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", _CONFIG_ERROR)
_STUCK_PATIENCE_S = 20.0
_OVERLAY = "kubectl apply -k manifests/overlays/cpu-smoke"


@dataclass(frozen=True, slots=True)
class Inside:
    """The findings of the pod."""

    findings: tuple[Finding, ...]
    cuda: str | None
    """The version of CUDA in the image; "" for an image without, None if the pod did not tell."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The patience of the wait, and who receives its messages."""

    tell: Callable[[str], None]
    patience_s: float = PATIENCE_S
    poll_s: float = POLL_S
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def image_of_trials(cluster: Cluster, target: Target) -> str:
    """The image that was asked for, else that of the Job ``prepare-data``, else the manifests'."""
    if target.image:
        return target.image
    job = cluster.get(f"/apis/batch/v1/namespaces/{target.namespace}/jobs/prepare-data")
    containers = items(job, "spec", "template", "spec", "containers")
    return str(containers[0].get("image")) if containers else IMAGE


def probe_pod(image: str, namespace: str) -> dict[str, Any]:
    """The pod of a trial, smaller, and with another command."""
    placement = Placement(image=image, namespace=namespace, device="cpu", cpu="1", memory="1Gi", scratch="256Mi")
    job = pytorch_job(placement, {}, [])
    template = copy.deepcopy(job["spec"]["pytorchReplicaSpecs"]["Master"]["template"])
    labels = {**template["metadata"]["labels"], INSTANCE_LABEL: INSTANCE}
    [container] = template["spec"]["containers"]
    container["command"] = ["python", "-m", probe.__name__]
    container["terminationMessagePolicy"] = "FallbackToLogsOnError"
    container["resources"]["requests"] = {"cpu": "100m", "memory": "512Mi"}
    return {
        "metadata": {"name": f"autogan-{INSTANCE}-{uuid.uuid4().hex[:6]}", "labels": labels},
        "spec": {
            **template["spec"],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "activeDeadlineSeconds": 600,
        },
    }


def look_from_inside(cluster: Cluster, target: Target, waiting: Waiting) -> Inside:
    """Creates the probe pod, waits for its findings, and deletes it.

    Returns:
        The findings; one that says why, if the pod was not created or did not run.

    Raises:
        NotPermittedError: the user may not make pods.
    """
    if (obstacle := _obstacle(cluster, target)) is not None:
        return Inside((note("pod of a trial", f"not tried: {obstacle}"),), None)
    image = image_of_trials(cluster, target)
    try:
        pod, folder = probe_pod(image, target.namespace), f"/api/v1/namespaces/{target.namespace}/pods"
    except ConfigError as error:
        return Inside((missing("pod of a trial", str(error)),), None)
    path = f"{folder}/{pod['metadata']['name']}"
    try:
        cluster.create(folder, pod)
    except RefusedError as error:
        return Inside((missing("pod of a trial", str(error)),), None)
    try:
        ended = _wait(cluster, path, waiting)
        if isinstance(ended, Finding):
            return Inside((ended,), None)
        return _told(ended, target, image, cluster.log(f"{path}/log"))
    finally:
        cluster.delete(path)


def _obstacle(cluster: Cluster, target: Target) -> str | None:
    """A known gap that keeps the pod from running, or from finding anything new."""
    if cluster.get(f"/api/v1/namespaces/{target.namespace}") is None:
        return f"there is no namespace {target.namespace}"
    if cluster.get(f"/api/v1/namespaces/{target.namespace}/serviceaccounts/autogan-trial") is None:
        return "there is no account autogan-trial"
    settings = config_map(cluster, target.namespace)
    if settings is None:
        return f"there is no ConfigMap {CONFIG_MAP}"
    store = settings.get("AUTOGAN_STORE", "")
    return f"AUTOGAN_STORE is '{store}'" if uri_trouble(store) else None


def _wait(cluster: Cluster, path: str, waiting: Waiting) -> dict[str, Any] | Finding:
    """The pod once it has ended; a finding if it does not start, or does not end."""
    name, namespace = path.split("/")[-1], path.split("/")[4]
    started, last, stuck_since = waiting.clock(), "", None
    while True:
        pod = cluster.fresh(path) or {}
        phase, (reason, words) = str(dig(pod, "status", "phase")), _reason(pod)
        if phase in ("Succeeded", "Failed"):
            return pod
        seconds = waiting.clock() - started
        state = " ".join(filter(None, (phase, reason)))
        if state != last:
            waiting.tell(f"pod {namespace}/{name}: {state}, {seconds:.0f} s")
            last = state
        stuck_since = (stuck_since or seconds) if reason in _STUCK_REASONS else None
        if stuck_since is not None and seconds - stuck_since >= _STUCK_PATIENCE_S:
            return missing("pod of a trial", f"{reason}: {words}", *_stuck_remedies(reason, namespace))
        if seconds >= waiting.patience_s:
            words = f"{state} after {seconds:.0f} s" + (f": {words}" if words else "")
            return missing("pod of a trial", words, *_pending_remedies(namespace))
        waiting.sleep(waiting.poll_s)


def _reason(pod: dict[str, Any]) -> tuple[str, str]:
    """Why a pod does not run yet, in one word and in many."""
    for status in items(pod, "status", "containerStatuses"):
        waiting = dig(status, "state", "waiting") or {}
        if waiting:
            return str(waiting.get("reason", "")), str(waiting.get("message", ""))
    for condition in items(pod, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return str(condition.get("reason", "")), str(condition.get("message", ""))
    return "", ""


def _stuck_remedies(reason: str, namespace: str) -> Iterator[str]:
    if reason == _CONFIG_ERROR:
        yield f"kubectl get events --namespace {namespace} --sort-by=.lastTimestamp"
        return
    yield "# make images IMAGES=REGISTRY, push it, and name it"
    yield "autogan cluster check --image REGISTRY/runtime:TAG"
    yield "# for a private registry"
    yield (
        f"kubectl patch serviceaccount autogan-trial --namespace {namespace} "
        '--patch \'{"imagePullSecrets": [{"name": "SECRET"}]}\''
    )


def _pending_remedies(namespace: str) -> Iterator[str]:
    yield f"kubectl get events --namespace {namespace} --sort-by=.lastTimestamp; kubectl describe nodes"


def _told(pod: dict[str, Any], target: Target, image: str, log: str) -> Inside:
    terminated: dict[str, Any] = {}
    for status in items(pod, "status", "containerStatuses"):
        if status.get("name") == PYTORCH_JOB.container:
            terminated = dig(status, "state", "terminated") or {}
    try:
        answer = json.loads(str(terminated.get("message", "")))
        return Inside(tuple(_findings(answer, target, image)), answer[probe.CUDA])
    except (ValueError, KeyError, TypeError):
        said = str(terminated.get("message") or log or dig(pod, "status", "message") or "nothing").splitlines()[-1]
        words = f"ended with exit code {terminated.get('exitCode')} ({terminated.get('reason')}), saying: {said}"
        return Inside((missing("pod of a trial", f"{image} {words}", "# is it this version's image?"),), None)


def _findings(answer: dict[str, str], target: Target, image: str) -> Iterator[Finding]:
    namespace = target.namespace
    yield ok("pod of a trial", f"runs {image}")
    if trouble := answer[probe.STORE]:
        yield missing(
            "store from inside",
            trouble,
            f"kubectl get configmap {CONFIG_MAP} --namespace {namespace} -o yaml; "
            f"kubectl get networkpolicies --namespace {namespace}",
        )
    else:
        yield ok("store from inside", "written, read and deleted with the trials' account")
        if trouble := answer[probe.PREPARED]:
            yield warning("data", trouble, "# the overlay that was applied prepares it; for the smoke test", _OVERLAY)
        else:
            yield ok("data", "prepared")
    if trouble := answer[probe.DB_MANAGER]:
        yield missing(
            "Katib's database manager from inside",
            trouble,
            f"kubectl get deployment katib-db-manager --namespace {target.katib_namespace}; "
            f"kubectl get networkpolicies --namespace {namespace}",
        )
    else:
        yield ok("Katib's database manager from inside", "reached")
    cuda = answer[probe.CUDA]
    yield ok("CUDA of the image", cuda) if cuda else note("CUDA of the image", "none: for trials on CPUs")
