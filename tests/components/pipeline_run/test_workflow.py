"""A pipeline run as its Workflow tells it: cancelled or not, and which pods failed."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from kubernetes import client  # type: ignore[import-untyped]

from autogan_kubeflow.components.pipeline_run.workflow import FailedPod, Workflow, find_workflow
from tests.components.fake_kubernetes import FakeKubernetes, Fault
from tests.components.kubernetes_server import serving


def ask(kubernetes: FakeKubernetes) -> Workflow | None:
    """The question, put to an API server."""
    with serving(kubernetes) as url:
        configuration = client.Configuration(host=url)
        configuration.retries = False
        return find_workflow("one", client.ApiClient(configuration), "kubeflow")


def put_workflow(
    kubernetes: FakeKubernetes, run_id: str, spec: dict[str, int], status: dict[str, Any] | None = None
) -> None:
    """A pipeline run as Argo has it."""
    labels = {"pipeline/runid": run_id}
    kubernetes.put("workflows", {"metadata": {"name": f"w-{run_id}", "labels": labels}, "spec": spec, "status": status})


def node(name: str, number: int, phase: str, message: str = "", kind: str = "Pod") -> dict[str, Any]:
    """A node as Argo has it, which began and ended at ``number`` past three."""
    time = f"2026-01-02T03:{number:02}:00Z"
    identifier = f"w-one-{1000 + number}"
    return {
        "id": identifier,
        "name": name,
        "displayName": name.rpartition(".")[2],
        "type": kind,
        "phase": phase,
        "message": message,
        "startedAt": time,
        "finishedAt": time,
    }


@pytest.mark.parametrize(
    ("spec", "cancelled"), [({"activeDeadlineSeconds": 0}, True), ({}, False), ({"activeDeadlineSeconds": 3600}, False)]
)
def test_a_deadline_of_zero_is_a_cancellation(spec: dict[str, int], cancelled: bool) -> None:
    """Another run's Workflow does not matter."""
    kubernetes = FakeKubernetes(namespace="kubeflow")
    put_workflow(kubernetes, "one", spec)
    put_workflow(kubernetes, "two", {"activeDeadlineSeconds": 0 if not cancelled else 5})
    assert ask(kubernetes) == Workflow(cancelled, ())


@pytest.mark.parametrize("packed", [False, True])
def test_the_last_try_of_a_pod_counts(packed: bool) -> None:
    """A pod that went well at a later try has not failed; turns of a loop are told apart, and drivers named."""
    nodes = [
        node("w-one", 0, "Running", kind="DAG"),
        node("w-one.root(0).search-and-train(0).search(0).executor(0)", 1, "Error", "pod deleted"),
        node("w-one.root(0).search-and-train(0).search(0).executor(1)", 2, "Succeeded"),
        node("w-one.root.for-loop-2.iteration-item(0:0).retrain.executor(0)", 3, "Failed", "OOMKilled (exit code 137)"),
        node("w-one.root.for-loop-2.iteration-item(1:1).retrain.executor", 4, "Succeeded"),
        node("w-one.root.for-loop-2.iteration-item(1:1).evaluate-driver(0)", 6, "Failed", "main: Error (exit code 1)"),
        node("w-one.root.for-loop-2.iteration-item(1:1).evaluate-driver(1)", 7, "Failed", ""),
    ]
    content = {each["id"]: each for each in nodes}
    status: dict[str, Any] = {"nodes": content}
    if packed:
        status = {"compressedNodes": base64.b64encode(gzip.compress(json.dumps(content).encode())).decode()}
    kubernetes = FakeKubernetes(namespace="kubeflow")
    put_workflow(kubernetes, "one", {}, status)
    assert ask(kubernetes) == Workflow(
        False,
        (FailedPod("retrain", "OOMKilled (exit code 137)", "1003"), FailedPod("evaluate-driver", "", "1007")),
    )


def test_what_cannot_be_told_is_none() -> None:
    """No Workflow, an unknown form, no permission, no answer: never an exception."""
    kubernetes = FakeKubernetes(namespace="kubeflow")
    assert ask(kubernetes) is None
    put_workflow(kubernetes, "one", {}, {"compressedNodes": "not packed"})
    assert ask(kubernetes) is None
    kubernetes.trouble = lambda _: Fault(cut=True)
    assert ask(kubernetes) is None
    kubernetes.trouble = lambda _: None
    kubernetes.forbidden.add(("list", "workflows"))
    assert ask(kubernetes) is None
