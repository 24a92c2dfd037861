"""Whether a pipeline run was cancelled, as its Workflow tells."""

from __future__ import annotations

import pytest
from kubernetes import client  # type: ignore[import-untyped]

from components.katib_search.cancellation import run_was_cancelled
from tests.components.fake_kubernetes import FakeKubernetes, Fault
from tests.components.kubernetes_server import serving


def ask(kubernetes: FakeKubernetes) -> bool | None:
    """The question, put to an API server."""
    with serving(kubernetes) as url:
        configuration = client.Configuration(host=url)
        configuration.retries = False
        return run_was_cancelled("one", client.ApiClient(configuration), "kubeflow")


def put_workflow(kubernetes: FakeKubernetes, run_id: str, **spec: int) -> None:
    """A pipeline run as Argo has it."""
    kubernetes.put(
        "workflows", {"metadata": {"name": f"w-{run_id}", "labels": {"pipeline/runid": run_id}}, "spec": spec}
    )


@pytest.mark.parametrize(
    ("spec", "cancelled"), [({"activeDeadlineSeconds": 0}, True), ({}, False), ({"activeDeadlineSeconds": 3600}, False)]
)
def test_a_deadline_of_zero_is_a_cancellation(spec: dict[str, int], cancelled: bool) -> None:
    """Another run's Workflow does not matter."""
    kubernetes = FakeKubernetes(namespace="kubeflow")
    put_workflow(kubernetes, "one", **spec)
    put_workflow(kubernetes, "two", activeDeadlineSeconds=0 if not cancelled else 5)
    assert ask(kubernetes) is cancelled


def test_what_cannot_be_told_is_none() -> None:
    """No Workflow, no permission, no answer: never an exception."""
    kubernetes = FakeKubernetes(namespace="kubeflow")
    assert ask(kubernetes) is None
    put_workflow(kubernetes, "one", activeDeadlineSeconds=0)
    kubernetes.trouble = lambda _: Fault(cut=True)
    assert ask(kubernetes) is None
    kubernetes.trouble = lambda _: None
    kubernetes.forbidden.add(("list", "workflows"))
    assert ask(kubernetes) is None
