"""The namespace of the searches: its labels, its ConfigMap and its network policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autogan_core.storage.uris import PLACEHOLDER, split_uri, uri_trouble
from autogan_kubeflow.components.cluster_check.base.cluster import Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Finding, Repair, missing, note, ok, warning
from autogan_kubeflow.components.cluster_check.base.target import KATIB_NAMESPACE, Target, manifest
from autogan_kubeflow.components.cluster_check.checks.versions import find_pipelines
from autogan_kubeflow.components.manifest_checks.tree import dig, mapping

INJECTION = "katib.kubeflow.org/metrics-collector-injection"
"""Label without which Katib refuses Experiments, whatever collects the metrics."""
LABELS = {
    INJECTION: "enabled",
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/warn": "restricted",
}
"""The labels in manifests/base/namespace.yaml."""
POLICIES = {
    "deny-ingress": "pods accept connections from everywhere",
    "suggestion": "Katib's controller cannot call the suggestion service",
    "storage-and-metrics": "trials may connect to anything",
    "trial-pods": "the pods of a trial with workers cannot meet",
}
"""The policies in manifests/base/network.yaml, and the consequence of each one's absence."""
CONFIG_MAP = "autogan"
EMULATOR = "STORAGE_EMULATOR_HOST"


def check_namespace(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Whether it is there, watched by Katib, and lets Katib's pods run."""
    name, path = target.namespace, f"/api/v1/namespaces/{target.namespace}"
    found = cluster.get(path)
    if found is None:
        body = {"metadata": {"name": name, "labels": LABELS}}
        yield missing(
            f"namespace {name}",
            "there is none",
            manifest("manifests/base/namespace.yaml", name),
            repair=Repair(f"create the namespace {name}", lambda: cluster.create("/api/v1/namespaces", body)),
        )
        return
    labels = mapping(found, "metadata", "labels")
    if dig(found, "metadata", "deletionTimestamp"):
        yield missing(
            f"namespace {name}",
            "is being deleted; an Experiment whose algorithm is not registered can hold it up",
            f"kubectl get experiments,suggestions,trials --namespace {name}",
        )
    elif labels.get(INJECTION) != "enabled":
        patch = {"metadata": {"labels": {INJECTION: "enabled"}}}
        yield missing(
            f"namespace {name}",
            f"has no label {INJECTION}=enabled, so Katib refuses Experiments",
            f"kubectl label namespace {name} --overwrite {INJECTION}=enabled",
            repair=Repair(f"label the namespace {name}", lambda: cluster.patch(path, patch)),
        )
    else:
        yield ok(f"namespace {name}", "labelled for Katib")
    if labels.get("pod-security.kubernetes.io/enforce") == "restricted":
        yield warning(
            "Pod Security",
            "enforces restricted: ours pass, Katib's own suggestion services and pods of workers do not",
            f"kubectl label namespace {name} --overwrite pod-security.kubernetes.io/enforce=baseline",
        )


def check_settings(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """The ConfigMap that tells trials where the run store and Katib's database manager are."""
    found = config_map(cluster, target.namespace)
    subject = f"ConfigMap {CONFIG_MAP}"
    if found is None:
        create = f"kubectl create configmap {CONFIG_MAP} --namespace {target.namespace}"
        values = f"--from-literal=AUTOGAN_STORE=gs://BUCKET/PREFIX --from-literal=AUTOGAN_DB_MANAGER={_manager(target)}"
        command = "kubectl apply -k manifests/overlays/cpu-smoke" if target.is_usual else f"{create} {values}"
        yield missing(subject, "there is none; trials cannot start", command)
        return
    yield _store(subject, found.get("AUTOGAN_STORE", ""), target.namespace)
    if emulator := found.get(EMULATOR):
        yield note("storage emulator", f"{emulator} stands for the bucket; what it holds goes with its pod")
    yield from _db_manager(cluster, found.get("AUTOGAN_DB_MANAGER", ""), target)
    if found.get("GOOGLE_APPLICATION_CREDENTIALS"):
        yield _key(cluster, target.namespace)


def check_pipelines_settings(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """The ConfigMap of the same name that the steps of pipelines read in their own namespace."""
    if target.pipelines_namespace == target.namespace or find_pipelines(cluster, target.pipelines_namespace) is None:
        return
    found = config_map(cluster, target.pipelines_namespace)
    subject = f"ConfigMap {CONFIG_MAP} for pipelines"
    trials = config_map(cluster, target.namespace) or {}
    store, emulator = trials.get("AUTOGAN_STORE", ""), trials.get(EMULATOR)
    if found is None:
        example = store if store and PLACEHOLDER not in store else "gs://BUCKET/PREFIX"
        yield warning(
            subject,
            f"none in {target.pipelines_namespace}: the field store must be filled in for each run",
            f"kubectl create configmap {CONFIG_MAP} --namespace {target.pipelines_namespace} "
            f"--from-literal=AUTOGAN_STORE={example}",
        )
    elif emulator != found.get(EMULATOR):
        yield warning(
            subject,
            f"{EMULATOR} is '{found.get(EMULATOR, '')}' for pipelines and '{emulator or ''}' for trials",
            f"kubectl patch configmap {CONFIG_MAP} --namespace {target.pipelines_namespace} --type merge "
            f'--patch \'{{"data": {{"{EMULATOR}": "{emulator or ""}"}}}}\'',
        )
    else:
        yield _store(subject, found.get("AUTOGAN_STORE", ""), target.pipelines_namespace)


def check_policies(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """The network policies of the manifests."""
    listed = cluster.items(f"/apis/networking.k8s.io/v1/namespaces/{target.namespace}/networkpolicies")
    found = {str(dig(each, "metadata", "name")): each for each in listed}
    absent = [name for name in POLICIES if name not in found]
    apply = manifest("manifests/base/network.yaml", target.namespace)
    if not found:
        yield warning("network policies", "there are none: every pod may talk to every other", apply)
    elif absent:
        why = "; ".join(f"{name}: {POLICIES[name]}" for name in absent)
        # What is not allowed is forbidden as soon as one policy selects all pods.
        harmful = "deny-ingress" in found and ("suggestion" in absent or "trial-pods" in absent)
        yield (missing if harmful else warning)("network policies", f"missing: {why}", apply)
    elif target.katib_namespace != KATIB_NAMESPACE and target.katib_namespace not in str(found["suggestion"]):
        yield missing(
            "network policies",
            f"let in Katib's controller from {KATIB_NAMESPACE}, but Katib is in {target.katib_namespace}",
            f"# write {target.katib_namespace} into manifests/base/network.yaml, then",
            apply,
        )
    else:
        yield ok("network policies", f"{len(found)}: {', '.join(sorted(found))}")


def config_map(cluster: Cluster, namespace: str) -> Mapping[str, str] | None:
    """The content of a namespace's ConfigMap ``autogan``; None if there is none."""
    found = cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/{CONFIG_MAP}")
    return None if found is None else mapping(found, "data")


def _store(subject: str, store: str, namespace: str) -> Finding:
    command = (
        f"kubectl patch configmap {CONFIG_MAP} --namespace {namespace} --type merge "
        '--patch \'{"data": {"AUTOGAN_STORE": "gs://BUCKET/PREFIX"}}\''
    )
    if not store:
        return missing(subject, "has no AUTOGAN_STORE", command)
    if PLACEHOLDER in store:
        return missing(subject, f"AUTOGAN_STORE is {store}: the bucket was never written into it", command)
    if reason := uri_trouble(store):
        return missing(subject, f"AUTOGAN_STORE is {store}, which {reason}", command)
    if split_uri(store) is None:
        return warning(subject, f"AUTOGAN_STORE is {store}, which is no bucket; pods share no folder", command)
    return ok(subject, f"AUTOGAN_STORE is {store}")


def _db_manager(cluster: Cluster, address: str, target: Target) -> Iterator[Finding]:
    host = address.partition(":")[0].split(".")
    if len(host) < 2:
        yield missing(
            "AUTOGAN_DB_MANAGER",
            f"is '{address}', not the host and port of Katib's database manager",
            f"kubectl patch configmap {CONFIG_MAP} --namespace {target.namespace} --type merge --patch "
            f'\'{{"data": {{"AUTOGAN_DB_MANAGER": "{_manager(target)}"}}}}\'',
        )
    elif cluster.get(f"/api/v1/namespaces/{host[1]}/services/{host[0]}") is None:
        yield missing("AUTOGAN_DB_MANAGER", f"there is no service {host[0]} in {host[1]}", "kubectl get services -A")


def _manager(target: Target) -> str:
    return f"katib-db-manager.{target.katib_namespace}:6789"


def _key(cluster: Cluster, namespace: str) -> Finding:
    if cluster.get(f"/api/v1/namespaces/{namespace}/secrets/autogan-gcs-key") is not None:
        return ok("secret autogan-gcs-key", "there")
    return missing(
        "secret autogan-gcs-key",
        "there is none, though GOOGLE_APPLICATION_CREDENTIALS names its file",
        f"kubectl create secret generic autogan-gcs-key --namespace {namespace} --from-file=key.json=PATH",
    )
