"""The state of pods in words, and pods that run once to their end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from acceptance.cluster import Cluster, Pending
from acceptance.errors import AcceptanceError
from autogan_kubeflow.components.katib_search import answers

HOPELESS_S = 60.0
"""A pod may be in a state that seldom passes for so long."""

_ORDINARY = ("ContainerCreating", "PodInitializing")
_HOPELESS = {
    "ErrImagePull": "give an image that the nodes can pull, or its registry's credentials by PULL_SECRET",
    "ImagePullBackOff": "give an image that the nodes can pull, or its registry's credentials by PULL_SECRET",
    "ErrImageNeverPull": "load the image onto the node",
    "InvalidImageName": "give an image's full name and tag",
    "CreateContainerConfigError": "see that what the pod refers to is there",
    "CreateContainerError": "look at the node's container runtime",
    "RunContainerError": "look at the node's container runtime",
    "CrashLoopBackOff": "look at its log",
}


@dataclass(frozen=True, slots=True)
class EndedPod:
    """A pod that did what it was to do."""

    log: str
    """The log of the main container."""
    node: str
    """The node that the pod ran on."""
    image_id: str
    """The image of the main container: unlike a tag, it cannot be moved."""


def state(pod: Any) -> str:
    """The state of a pod, such as ``Running`` or ``Pending, ErrImagePull: ...``."""
    found = trouble(pod)
    if found is not None:
        return f"{pod.status.phase}, {found}"
    return "Running" if _running(pod) else str(pod.status.phase)


def trouble(pod: Any) -> str | None:
    """The reason why a pod does not start, such as ``Unschedulable: 0/1 nodes are available``, or None."""
    found = _waiting(pod) or _unscheduled(pod)
    if found is None:
        return None
    reason, message = found
    # The scheduler adds what it thought of preemption to every message.
    message = " ".join(message.split()).partition(" no new claims to deallocate")[0].partition(" preemption:")[0]
    return f"{reason}: {message}" if message else reason


def advice(pod: Any) -> str | None:
    """The remedy for a pod that is unlikely ever to start; None for other pods."""
    waiting = _waiting(pod)
    return None if waiting is None else _HOPELESS.get(waiting[0])


def is_ready(pod: Any) -> bool:
    """Whether a pod serves, and is not being deleted."""
    conditions = pod.status.conditions or []
    return pod.metadata.deletion_timestamp is None and any(c.type == "Ready" and c.status == "True" for c in conditions)


def start(cluster: Cluster, document: Mapping[str, Any]) -> str:
    """Creates a pod.

    Returns:
        The pod's name.

    Raises:
        AcceptanceError: the cluster refuses it, a quota or an admission rule for example.
    """
    metadata = document["metadata"]
    try:
        cluster.call(cluster.core.create_namespaced_pod, metadata["namespace"], document)
    except ApiException as error:
        raise AcceptanceError(
            f"the cluster refuses the pod {metadata['name']}: {answers.message(error)}; mend what it objects to"
        ) from error
    return str(metadata["name"])


def finish(
    cluster: Cluster,
    namespace: str,
    name: str,
    what: str,
    limit_s: float,
    detail: Callable[[Any], str] = lambda _: "",
) -> EndedPod:
    """Waits for a pod of one main container to succeed.

    Args:
        cluster: where it is.
        namespace: of the pod.
        name: of the pod.
        what: the pod's task, in words.
        limit_s: seconds to wait at most.
        detail: describes a pod's progress.

    Returns:
        Its log, its node and the image that it ran.

    Raises:
        AcceptanceError: it failed, cannot start, vanished, or is not done in time.
    """
    hopeless_since: float | None = None

    def look() -> Any | Pending:
        nonlocal hopeless_since
        pod = cluster.find(cluster.core.read_namespaced_pod, name, namespace)
        if pod is None:
            raise AcceptanceError(f"{what}: the pod {name} was deleted by somebody else; start again")
        if pod.status.phase == "Failed":
            raise AcceptanceError(f"{what}: the pod {name} failed, saying: {last_words(log(cluster, pod))}")
        remedy = advice(pod)
        hopeless_since = None if remedy is None else hopeless_since or cluster.clock()
        if hopeless_since is not None and cluster.clock() - hopeless_since > HOPELESS_S:
            raise AcceptanceError(f"{what}: the pod {name} does not start ({state(pod)}); {remedy}")
        return pod if pod.status.phase == "Succeeded" else Pending(state(pod), detail(pod))

    pod = cluster.wait(what, look, limit_s)
    return EndedPod(log(cluster, pod), pod.spec.node_name, pod.status.container_statuses[0].image_id)


def log(cluster: Cluster, pod: Any) -> str:
    """The log of the container that failed or runs, else of the main one; empty if there is none."""
    failed = [s.name for s in _statuses(pod) if s.state.terminated and s.state.terminated.exit_code != 0]
    container = (failed or _running(pod) or [pod.spec.containers[0].name])[0]
    try:
        text = cluster.call(
            cluster.core.read_namespaced_pod_log,
            pod.metadata.name,
            pod.metadata.namespace,
            container=container,
        )
    except ApiException:
        return ""
    return str(text)


def last_words(text: str) -> str:
    """The message of a log's last line."""
    line = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing")
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line


def _statuses(pod: Any) -> list[Any]:
    return [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]


def _running(pod: Any) -> list[str]:
    return [status.name for status in _statuses(pod) if status.state and status.state.running]


def _waiting(pod: Any) -> tuple[str, str] | None:
    waiting = [status.state.waiting for status in _statuses(pod) if status.state and status.state.waiting]
    unusual = [w for w in waiting if w.reason not in _ORDINARY]
    return (unusual[0].reason or "waiting", unusual[0].message or "") if unusual else None


def _unscheduled(pod: Any) -> tuple[str, str] | None:
    conditions = [c for c in pod.status.conditions or [] if c.type == "PodScheduled" and c.status == "False"]
    return (conditions[0].reason or "not scheduled", conditions[0].message or "") if conditions else None
