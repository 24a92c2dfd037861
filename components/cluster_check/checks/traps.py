"""Known traps of Katib and Kubeflow Pipelines that show only when it is too late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml

from autogan_kubeflow.components.cluster_check.base.cluster import KATIB, Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Finding, Repair, missing, note, ok
from autogan_kubeflow.components.cluster_check.base.target import Target
from autogan_kubeflow.components.cluster_check.checks.namespace import INJECTION
from autogan_kubeflow.components.cluster_check.checks.registered import experiments_of_ours, registered_entry
from autogan_kubeflow.components.cluster_check.checks.versions import CONTROLLER, PYTORCH_CRD, deployment, idle
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/katib.kubeflow.org"
STUCK_AFTER_S = 120.0
"""Katib takes seconds to let an Experiment go."""
FOREGROUND = "foregroundDeletion"
"""Finalizer of what is gone only after all that depends on it."""
TOUCHED = "autogan-kubeflow/touched"
"""Annotation whose change makes Katib look at an object again."""


def check_webhooks(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Katib's webhook without Katib: it keeps every pod of a labelled namespace from being made, Katib's own too."""
    labels = mapping(cluster.get(f"/api/v1/namespaces/{target.katib_namespace}"), "metadata", "labels")
    controller = deployment(cluster, CONTROLLER.deployment, target.katib_namespace)
    if labels.get(INJECTION) != "enabled" or cluster.get(WEBHOOKS) is None:
        return
    if controller is not None and idle(controller) is None:
        yield ok("Katib's webhook", "answers")
        return
    yield missing(
        "Katib's webhook",
        f"is there while katib-controller is not ready, and {target.katib_namespace} is labelled for it: no pod can be "
        "made there ('failed calling webhook'), katib-controller's own included",
        "kubectl delete mutatingwebhookconfiguration katib.kubeflow.org",
        "# when katib-controller is ready, so that it makes the webhook again",
        f"kubectl rollout restart deployment/katib-controller --namespace {target.katib_namespace}",
    )


def check_order(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Katib looks for the PyTorchJobs' resource once, when it starts."""
    made = _time(dig(cluster.get(PYTORCH_CRD), "metadata", "creationTimestamp"))
    pods = cluster.items(f"/api/v1/namespaces/{target.katib_namespace}/pods")
    starts = [
        started
        for pod in pods
        if mapping(pod, "metadata", "labels").get("katib.kubeflow.org/component") == "controller"
        for status in items(pod, "status", "containerStatuses")
        if (started := _time(dig(status, "state", "running", "startedAt"))) is not None
    ]
    if made is None or not starts:
        return
    if min(starts) < made:
        yield missing(
            "order of installation",
            "PyTorchJob came after katib-controller had started, which therefore does not watch it",
            f"kubectl rollout restart deployment/katib-controller --namespace {target.katib_namespace}",
        )
    else:
        yield ok("order of installation", "katib-controller has started after PyTorchJob was there")


def check_stuck(cluster: Cluster, target: Target, now: datetime) -> Iterator[Finding]:
    """Experiments that are being deleted and do not go."""
    registered = registered_entry(cluster, target.katib_namespace) is not None
    for experiment in experiments_of_ours(cluster, target.namespace):
        since = _time(dig(experiment, "metadata", "deletionTimestamp"))
        if since is None or (registered and (now - since).total_seconds() < STUCK_AFTER_S):
            continue
        foreground = FOREGROUND in (dig(experiment, "metadata", "finalizers") or [])
        yield _in_foreground(experiment, since) if foreground else _stuck(cluster, experiment, registered, since)


def check_retries(cluster: Cluster, namespace: str) -> Iterator[Finding]:
    """The installation's own retry strategy, which Argo puts in the place of a step's."""
    data = mapping(cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/workflow-controller-configmap"), "data")
    if not data:
        return
    whole, parts = _yaml(data.get("config")), {key: _yaml(value) for key, value in data.items()}
    tree = {**(whole if isinstance(whole, dict) else {}), **parts}
    policy = dig(tree, "workflowDefaults", "spec", "templateDefaults", "retryStrategy", "retryPolicy")
    if policy is None:
        yield ok("retries of steps", "by KFP: the installation has no retry strategy of its own")
    else:
        yield note(
            "retries of steps",
            f"the installation's own policy {policy} (templateDefaults of workflow-controller-configmap) wins over a "
            "step's: KFP starts a step again when its pod is lost; one that fails is tried again inside its pod",
        )


def _in_foreground(experiment: dict[str, Any], since: datetime) -> Finding:
    name, namespace, subject = _named(experiment)
    patch = f'{name} --namespace {namespace} --type merge --patch \'{{"metadata": {{"finalizers": null}}}}\''
    seen = (
        f"is being deleted in the foreground since {since:%H:%M:%S} UTC; that does not end while Katib makes the "
        "suggestion service anew"
    )
    return missing(subject, seen, *(f"kubectl patch {kind} {patch}" for kind in ("suggestion", "experiment")))


def _named(experiment: dict[str, Any]) -> tuple[str, str, str]:
    name, namespace = str(dig(experiment, "metadata", "name")), str(dig(experiment, "metadata", "namespace"))
    return name, namespace, f"experiment {namespace}/{name}"


def _stuck(cluster: Cluster, experiment: dict[str, Any], registered: bool, since: datetime) -> Finding:
    name, namespace, subject = _named(experiment)
    path = f"{KATIB}/namespaces/{namespace}/experiments/{name}"
    touch = {"metadata": {"annotations": {TOUCHED: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}}}
    again = f"kubectl annotate experiment {name} --namespace {namespace} --overwrite {TOUCHED}=$(date +%s)"
    if not registered:
        words = "cannot be deleted while its algorithm is not registered"
        return missing(subject, words, "# register the algorithm, then", again)
    words = f"is being deleted since {since:%H:%M:%S} UTC and does not go"
    repair = Repair(f"make Katib look at the experiment {namespace}/{name} again", lambda: cluster.patch(path, touch))
    return missing(subject, words, again, repair=repair)


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _yaml(text: Any) -> Any:
    try:
        return yaml.safe_load(text) if isinstance(text, str) else None
    except yaml.YAMLError:
        return None
