"""The reason why a pipeline step must stop: its run was cancelled, or its pod is evicted.

Both reach this process as SIGTERM, but they leave different traces on the pod, as the sources say:

- Cancelled. KFP sets ``activeDeadlineSeconds: 0`` on the Workflow (pipelines, ``GetTerminatePatch`` in
  backend/src/common/util/execution_spec.go). Argo's controller then runs ``argoexec kill 15 1`` in every running
  container through the exec API (argo-workflows 4.0, workflow/controller/exec_control.go, ``signalContainers`` in
  workflow/controller/pod/queue.go, workflow/signal/signal.go). The pod object stays as it is; Argo deletes only pods
  that are still pending.
- Drained, preempted, or deleted by hand. The pod is deleted: it has a ``deletionTimestamp`` before the kubelet sends
  SIGTERM, and after an API-initiated eviction or a preemption a condition ``DisruptionTarget`` as well.
- Evicted for want of memory or disk, or on a node that shuts down. Nobody deletes the pod; the kubelet sets
  ``DisruptionTarget``, hands that to a thread that reports it, and kills the containers at the same time
  (kubernetes, ``SyncTerminatingPod`` in pkg/kubelet/kubelet.go, ``evictPod`` in
  pkg/kubelet/eviction/eviction_manager.go). The condition may come a moment after the signal.

There may be little time to ask. In a KFP pod PID 1 is Argo's emissary, which passes the signal to the whole process
group: KFP's launcher and, below it, this process. The launcher does not handle SIGTERM and dies of it, the emissary
notices within a second and ends, and with PID 1 the kernel kills what is left (``Wait`` in
workflow/executor/osspecific/signal_darwin.go, to which signal_linux.go links; ``execute`` in pipelines,
backend/src/v2/component/launcher_v2.go). A process that is killed so has deleted nothing; after a cancellation that is
left to the pipeline's exit handler, which Argo runs all the same.

Whether another pod comes is not decided here. With Argo's own retry policy, which KFP 2.16 leaves as it is, it does if
the pod was seen to fail, but not if the pod was gone before that ("pod deleted", an error; pipelines issue 8381 and
pull request 13386); with ``OnError``, which KFP 2.17 installs, the reverse.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any

from kubernetes import client  # type: ignore[import-untyped]

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_search.answers import CALL_ERRORS, is_missing_object, message, outage
from autogan_kubeflow.components.katib_search.connection import connect, default_namespace

logger = logging.getLogger(__name__)

POD_NAME_VARIABLE = "KFP_POD_NAME"
"""KFP sets it in every step's pod."""
PERMISSION = "to get pods in its own namespace"
"""What a step's service account must be allowed."""

_TIMEOUT_S = 3.0
_SECOND_LOOK_S = 0.5
"""Seconds after which the kubelet's report has reached the API server."""


def pod_is_going(
    api_client: client.ApiClient | None = None,
    namespace: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> bool | None:
    """Whether the pod that this process runs in is being taken away: drained, preempted, evicted or deleted.

    It never raises, and answers within 7 s, if the API server is well within one.

    Args:
        api_client: to the pod's cluster, without retries of its own; None for one with the pod's service account.
        namespace: the pod's; None for the service account's.
        sleep: lets so many seconds pass.

    Returns:
        True if it is, False if the pod stays, so that the signal was meant for its work, and None if that cannot be
        told: this is no pod of a pipeline, a permission is missing, or the API server does not answer.
    """
    name = os.environ.get(POD_NAME_VARIABLE)
    if not name:
        reason = f"{POD_NAME_VARIABLE} is not set"
    else:
        try:
            return _look_twice(client.CoreV1Api(api_client or connect()), name, namespace or default_namespace(), sleep)
        except ConfigError as error:
            reason = str(error)
        except CALL_ERRORS as error:
            reason = outage(error) or message(error)
    logger.warning("cannot tell whether the pod of this step is going away: %s", reason)
    return None


def _look_twice(pods: client.CoreV1Api, name: str, namespace: str, sleep: Callable[[float], None]) -> bool:
    if _is_marked(pods, name, namespace):
        return True
    sleep(_SECOND_LOOK_S)
    return _is_marked(pods, name, namespace)


def _is_marked(pods: client.CoreV1Api, name: str, namespace: str) -> bool:
    """Whether the pod as it is now is marked to go, or gone."""
    try:
        pod = pods.read_namespaced_pod(name, namespace, _request_timeout=_TIMEOUT_S)
    except client.ApiException as error:
        if is_missing_object(error):  # deleted by force, while its process still runs
            return True
        raise
    if pod.metadata is None:
        raise JSONDecodeError("the answer is no pod", str(pod), 0)
    return pod.metadata.deletion_timestamp is not None or any(map(_is_disruption, _conditions(pod)))


def _conditions(pod: Any) -> list[Any]:
    return (pod.status.conditions if pod.status else None) or []


def _is_disruption(condition: Any) -> bool:
    return bool(condition.type == "DisruptionTarget" and condition.status == "True")
