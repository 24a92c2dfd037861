"""A pipeline run as Argo has it: whether somebody cancelled it, and which pods failed. KFP's own word tells neither.

The state that KFP hands to an exit handler comes from its metadata store, where a cancelled run and one whose pod has
vanished are both still ``RUNNING``, and the error beside it is always empty (pipelines, ``resolveInputParameter`` in
backend/src/v2/driver/resolve.go). But to cancel a run KFP sets ``activeDeadlineSeconds: 0`` on its Workflow, which it
labels with the run's id (``GetTerminatePatch`` in backend/src/common/util/execution_spec.go; v2_template.go), and Argo
keeps there what became of every pod.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes import client  # type: ignore[import-untyped]

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_search.answers import CALL_ERRORS, message, outage
from autogan_kubeflow.components.katib_search.connection import connect, default_namespace

logger = logging.getLogger(__name__)

RUN_LABEL = "pipeline/runid"
_TIMEOUT_S = 10.0
_TRY = re.compile(r"\(\d+\)")
"""Argo's try in a node's name. A turn of a loop has a colon."""


@dataclass(frozen=True, slots=True)
class FailedPod:
    """The last pod of a task, if that did not succeed."""

    task: str
    """The pipeline's task, such as ``search``, or ``search-driver`` for the pod that KFP prepares it with."""
    message: str
    """Argo's word, such as ``main: Error (exit code 1)`` or ``OOMKilled (exit code 137)``; "" if it has none."""
    node: str
    """The last part of its Argo node's id, in which its pod's name ends."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """The state of an Argo Workflow, as far as summaries need it."""

    cancelled: bool
    """Whether somebody cancelled the run."""
    failed: tuple[FailedPod, ...]
    """The failed pods, in the order in which they failed."""


def find_workflow(
    run_id: str, api_client: client.ApiClient | None = None, namespace: str | None = None
) -> Workflow | None:
    """The Workflow of a pipeline run. It never raises.

    Args:
        run_id: KFP's id of the run.
        api_client: to the pod's cluster; None for one with the pod's service account.
        namespace: of the run's pods; None for the service account's.

    Returns:
        None if it cannot be had: there is no such Workflow, no permission to list workflows, or no API server.
    """
    try:
        answer = client.CustomObjectsApi(api_client or connect()).list_namespaced_custom_object(
            group="argoproj.io",
            version="v1alpha1",
            namespace=namespace or default_namespace(),
            plural="workflows",
            label_selector=f"{RUN_LABEL}={run_id}",
            _request_timeout=_TIMEOUT_S,
        )
    except ConfigError as error:
        reason = str(error)
    except CALL_ERRORS as error:
        reason = outage(error) or message(error)
    else:
        try:
            return _parse(answer)
        except (KeyError, TypeError, ValueError, OSError) as error:
            reason = f"it is not of the form that Argo 3 and 4 give it ({error!r})"
    logger.warning("cannot read the Workflow of this pipeline run: %s", reason)
    return None


def _parse(answer: Any) -> Workflow | None:
    items = answer.get("items") if isinstance(answer, dict) else None
    if not items:
        return None
    cancelled = any(item.get("spec", {}).get("activeDeadlineSeconds") == 0 for item in items)
    return Workflow(cancelled, tuple(pod for item in items for pod in _failed(_nodes(item.get("status") or {}))))


def _nodes(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The Workflow's nodes; Argo packs those of a large one."""
    if packed := status.get("compressedNodes"):
        return list(json.loads(gzip.decompress(base64.b64decode(packed))).values())
    return list((status.get("nodes") or {}).values())


def _failed(nodes: list[dict[str, Any]]) -> list[FailedPod]:
    """The failed pods; of each pod that Argo tried again only the last try counts."""
    pods = [node for node in nodes if node.get("type") == "Pod"]
    last = {_TRY.sub("", node["name"]): node for node in sorted(pods, key=lambda node: str(node.get("startedAt")))}
    failed = {name: node for name, node in last.items() if node.get("phase") in ("Failed", "Error")}
    return [
        FailedPod(
            task=name.removesuffix(".executor").rpartition(".")[2],
            message=node.get("message") or "",
            node=node["id"].rpartition("-")[2],
        )
        for name, node in sorted(failed.items(), key=lambda item: str(item[1].get("finishedAt")))
    ]
