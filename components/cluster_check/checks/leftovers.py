"""Leftovers of earlier work of ours. Only what holds no result is ever deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autogan_kubeflow.components.cluster_check.base.cluster import APPS, RBAC, Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Finding, Repair, note, ok, warning
from autogan_kubeflow.components.cluster_check.base.target import PART_OF, Target
from autogan_kubeflow.components.cluster_check.checks.inside import INSTANCE, INSTANCE_LABEL
from autogan_kubeflow.components.cluster_check.checks.registered import experiments_of_ours
from autogan_kubeflow.components.katib_protocol import ALGORITHM
from autogan_kubeflow.components.katib_search.ownership import OWNER
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping

REGISTRATION = "autogan-registration"
"""Job, account and rights of manifests/katib/job."""
_ENDED = ("Succeeded", "Failed")


def check_jobs(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Jobs of ours that have ended: a finished Job cannot be changed, so that applying it again fails."""
    path = f"/apis/batch/v1/namespaces/{target.namespace}/jobs"
    found = False
    for job in cluster.items(path):
        name, ended = str(dig(job, "metadata", "name")), _ended(job, ("Complete", "Failed"))
        if ended is None or not PART_OF.items() <= mapping(job, "metadata", "labels").items():
            continue
        found = True
        command = f"kubectl delete job {name} --namespace {target.namespace}"
        repair = Repair(f"delete the ended Job {target.namespace}/{name}", _deleting(cluster, f"{path}/{name}"))
        if ended == "Complete":
            yield note(f"job {name}", "has finished; applying it again needs it gone", command, repair=repair)
        else:
            logs = f"kubectl logs --namespace {target.namespace} job/{name}"
            yield warning(f"job {name}", "has failed", logs, command, repair=repair)
    if not found:
        yield ok("jobs", "none of ours has ended and is still there")


def check_registration_objects(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """What the registration by a Job leaves: an account that may still change ``katib-config``."""
    namespace = target.katib_namespace
    job_path = f"/apis/batch/v1/namespaces/{namespace}/jobs/{REGISTRATION}"
    paths = (
        f"{RBAC}/namespaces/{namespace}/rolebindings/{REGISTRATION}",
        f"{RBAC}/namespaces/{namespace}/roles/{REGISTRATION}",
        f"/api/v1/namespaces/{namespace}/serviceaccounts/{REGISTRATION}",
    )
    job = cluster.get(job_path)
    if job is not None and _ended(job, ("Complete", "Failed")) is None:
        return
    there = [path for path in (job_path, *paths) if cluster.get(path) is not None]
    if there:
        kinds = ", ".join(path.split("/")[-2].removesuffix("s") for path in there)
        yield note(
            f"registration in {namespace}",
            f"its {kinds} {REGISTRATION} may go; the algorithm stays registered",
            "kubectl delete -k manifests/katib/add --ignore-not-found",
            repair=Repair(f"delete the {kinds} {REGISTRATION} in {namespace}", _deleting(cluster, *there)),
        )


def check_pods(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Pods of earlier checks that were cut off before they could delete theirs."""
    folder = f"/api/v1/namespaces/{target.namespace}/pods"
    names = [
        str(dig(pod, "metadata", "name"))
        for pod in cluster.items(folder)
        if mapping(pod, "metadata", "labels").get(INSTANCE_LABEL) == INSTANCE
        and dig(pod, "metadata", "deletionTimestamp") is None
    ]
    if names:
        yield note(
            "pods of earlier checks",
            ", ".join(names),
            f"kubectl delete pods --namespace {target.namespace} --selector {INSTANCE_LABEL}={INSTANCE}",
            repair=Repair(
                f"delete the pods {', '.join(names)} in {target.namespace}",
                _deleting(cluster, *(f"{folder}/{name}" for name in names)),
            ),
        )


def check_services_of_the_ended(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Suggestion services of Experiments that have ended, which run until these are deleted."""
    running = {
        str(dig(each, "metadata", "name"))
        for each in cluster.items(f"{APPS}/namespaces/{target.namespace}/deployments")
        if dig(each, "status", "replicas")
    }
    ended = [
        str(dig(experiment, "metadata", "name"))
        for experiment in experiments_of_ours(cluster, target.namespace)
        if dig(experiment, "metadata", "namespace") == target.namespace and _ended(experiment, _ENDED) is not None
    ]
    idle = [name for name in ended if f"{name}-{ALGORITHM}" in running]
    if idle:
        yield note(
            "suggestion services",
            f"{len(idle)} of ended Experiments hold half a CPU each ({', '.join(idle)})",
            "# takes their trials and logs along; what the bucket holds stays",
            f"kubectl delete experiment {' '.join(idle)} --namespace {target.namespace}",
        )


def check_orphans(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Experiments that a pipeline started and that run on without it."""
    workflows = cluster.items(f"/apis/argoproj.io/v1alpha1/namespaces/{target.pipelines_namespace}/workflows")
    if any(dig(each, "status", "phase") in (None, "", "Pending", "Running") for each in workflows):
        return  # one of them may be theirs
    for experiment in experiments_of_ours(cluster, target.namespace):
        name, owner = dig(experiment, "metadata", "name"), mapping(experiment, "metadata", "annotations").get(OWNER)
        if owner is None or _ended(experiment, _ENDED) is not None:
            continue
        namespace = dig(experiment, "metadata", "namespace")
        yield warning(
            f"experiment {namespace}/{name}",
            f"runs for {owner}, but no pipeline runs in {target.pipelines_namespace}",
            "# if it belongs to no run on somebody's own machine",
            f"kubectl delete experiment {name} --namespace {namespace}",
        )


def _ended(found: dict[str, Any], kinds: tuple[str, ...]) -> str | None:
    """The condition with which a Job or Experiment has ended; None while it runs."""
    conditions = items(found, "status", "conditions")
    return next((str(c["type"]) for c in conditions if c.get("type") in kinds and c.get("status") == "True"), None)


def _deleting(cluster: Cluster, *paths: str) -> Any:
    def delete() -> None:
        for path in paths:
            cluster.delete(path)

    return delete
