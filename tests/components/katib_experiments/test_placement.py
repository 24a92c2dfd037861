"""Queues, priorities and node pools reach the pods of a trial, whatever job makes them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_kubeflow.components.katib_experiments import Placement, build_experiment, build_runtime
from autogan_kubeflow.components.manifest_checks import check_document
from tests.components.katib_experiments.test_builder import command

POOL: dict[str, Any] = {
    "queue": "team",
    "priority_class": "low",
    "node_selector": ("cloud.google.com/gke-accelerator=nvidia-l4", "pool=search"),
    "tolerations": ("pool=search:NoSchedule", "spot:NoExecute", "any"),
}
OPTIONS = ["--queue", "team", "--priority-class", "low", "--node-selector", "pool=search", "--toleration", "spot"]


def job_and_pod(placement: Placement) -> tuple[dict[str, Any], dict[str, Any]]:
    """The job of a trial, and the spec of its pods."""
    experiment = build_experiment("x", load_config("digits"), placement)
    runtime = build_runtime("x", placement)
    assert [problem for document in (experiment, runtime) if document for problem in check_document(document)] == []
    job: dict[str, Any] = experiment["spec"]["trialTemplate"]["trialSpec"]
    if runtime is None:
        return job, job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]
    return job, runtime["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("kind", ["pytorchjob", "trainjob"])
def test_queue_priority_and_nodes_reach_the_trial(kind: Any) -> None:
    """Kueue reads the job's label; the scheduler the pod's priority, labels and tolerations, the GPU's own included."""
    job, pod = job_and_pod(Placement(job=kind, **POOL))
    assert job["metadata"] == {"labels": {"kueue.x-k8s.io/queue-name": "team"}}
    assert pod["priorityClassName"] == "low"
    assert pod["nodeSelector"] == {"cloud.google.com/gke-accelerator": "nvidia-l4", "pool": "search"}
    assert pod["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "pool", "operator": "Equal", "value": "search", "effect": "NoSchedule"},
        {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
        {"key": "any", "operator": "Exists"},
    ]


@pytest.mark.parametrize("kind", ["pytorchjob", "trainjob"])
def test_nothing_is_asked_of_a_cluster_without_them(kind: Any) -> None:
    """By default a job has no label, and a pod on CPUs no priority, selector or toleration."""
    job, pod = job_and_pod(Placement(job=kind, device="cpu"))
    assert "metadata" not in job
    assert not {"priorityClassName", "nodeSelector", "tolerations"} & pod.keys()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("queue", "Team A", "queue is 'Team A'; write a name of at most 63 lower-case letters"),
        ("queue", "q" * 64, "queue is 'q"),
        ("queue", "", "queue is ''"),
        ("priority_class", "low_", "priority_class is 'low_'"),
        ("node_selector", ("pool",), "the node selector is 'pool'; write key=value"),
        ("node_selector", ("pool=a b",), "the node selector is 'pool=a b'"),
        ("tolerations", ("spot:Never",), "the toleration is 'spot:Never'; write a taint as kubectl does"),
        ("tolerations", ("=search",), "the toleration is '=search'"),
        ("tolerations", ("a b:NoSchedule",), "the toleration is 'a b:NoSchedule'"),
        ("node_selector", ("pool=" + "x" * 64,), "the node selector is 'pool=x"),
        ("namespace", "My NS", "the namespace is 'My NS'; write a name of at most 63 lower-case letters"),
        ("namespace", "n" * 64, "the namespace is 'n"),
        ("namespace", "", "the namespace is ''"),
        ("memory", "16GB", "memory is '16GB'; write a Kubernetes quantity above 0, such as 4 or 16Gi"),
        ("cpu", "0", "cpu is '0'"),
        (
            "store",
            "s3://b/p",
            "the store is 's3://b/p', which has the scheme s3://, not gs://; give gs://b",
        ),
        ("store", "gs://", "the store is 'gs://', which names no bucket; write gs://bucket/prefix"),
        ("store", "gs://YOUR-BUCKET/x", "which still has the placeholder YOUR-BUCKET; write your bucket there"),
        ("store", "gs://My_Bucket", "names the bucket 'My_Bucket', but buckets have"),
        ("store", "gs:/bucket/x", "which is misspelt; write gs://bucket/x"),
        ("store", "runs", "the store is 'runs', which is a folder, and pods share none; give gs://bucket/prefix"),
        ("image", "registry.example/r:1", "the image 'registry.example/r:1' names the placeholder registry.example of"),
        ("image", "REGISTRY/r:1", "names the placeholder REGISTRY"),
        ("image", "My Image:1", "the image 'My Image:1' is no image reference; write registry/name:tag"),
    ],
)
def test_what_the_cluster_would_refuse_is_refused_before(field: str, value: Any, message: str) -> None:
    """A bad label would show only as a trial that is never created."""
    with pytest.raises(ConfigError, match=message):
        Placement(**{field: value})


@pytest.mark.parametrize("kind", ["pytorchjob", "trainjob"])
def test_command_takes_them_as_options(kind: str) -> None:
    """What the command prints is what the builder makes of the same placement."""
    status, out, err = command("experiment", "mlas-smoke", "--job", kind, *OPTIONS)
    assert (status, err) == (0, "")
    *_, experiment = yaml.safe_load_all(out)
    assert experiment["spec"]["trialTemplate"]["trialSpec"]["metadata"]["labels"] == {
        "kueue.x-k8s.io/queue-name": "team"
    }
    for text in ("priorityClassName: low", "nodeSelector:", "pool: search", "key: spot"):
        assert text in out
