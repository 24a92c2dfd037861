"""Preconditions, checked before anything is created: tools, rights, Katib, the training operator, and free names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]
from kubernetes.utils.quantity import parse_quantity  # type: ignore[import-untyped]

from acceptance import kubectl
from acceptance.claim import check_free
from acceptance.cluster import Cluster
from acceptance.errors import AcceptanceError
from acceptance.settings import Settings
from autogan_core.errors import AutoGANError, ConfigError
from autogan_kubeflow.components.katib_search import answers
from autogan_kubeflow.components.registration.config_sources import CONFIG_MAP, ConfigMapSource
from autogan_kubeflow.components.registration.katib_config import KatibConfig

EXPERIMENTS = {"group": "kubeflow.org", "version": "v1beta1", "plural": "experiments"}
_INSTALL = "install it as docs/cluster.md says in step 1"

Facts = dict[str, str]
"""What the report tells of the cluster."""


def check(cluster: Cluster, settings: Settings) -> Facts:
    """Checks all preconditions, and reports all that are missing at once.

    Returns:
        Facts about the cluster by name, for the report.

    Raises:
        AcceptanceError: something is missing.
    """
    facts: Facts = {"Kubernetes": _version(cluster)}
    checks: tuple[Callable[[], Facts], ...] = (
        _kubectl,
        lambda: _installed(cluster, settings, "experiments.kubeflow.org", "katib-controller", "Katib"),
        lambda: _installed(cluster, settings, "pytorchjobs.kubeflow.org", "training-operator", "training operator"),
        lambda: _katib_config(settings),
        lambda: _rights(cluster, settings),
        lambda: _free_names(cluster, settings),
    )
    problems = []
    for look in checks:
        try:
            facts |= look()
        except AutoGANError as error:
            problems.append(str(error))
    if problems:
        raise AcceptanceError("; and ".join(problems))
    return facts


def foreign_experiments(cluster: Cluster, namespace: str, algorithm: str | None = None) -> list[str]:
    """Experiments outside of a namespace, as ``namespace/name``; of one algorithm only, if it is given."""
    listed = cluster.call(cluster.objects.list_cluster_custom_object, **EXPERIMENTS)
    found = [item for item in listed["items"] if item["metadata"]["namespace"] != namespace]
    if algorithm is not None:
        found = [item for item in found if item["spec"].get("algorithm", {}).get("algorithmName") == algorithm]
    return [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in found]


def node_in_words(cluster: Cluster, name: str) -> str:
    """A node's name, size and versions."""
    node = cluster.call(cluster.core.read_node, name)
    info, capacity = node.status.node_info, node.status.allocatable
    memory = parse_quantity(capacity["memory"]) / 2**30
    return (
        f"{name}: {capacity['cpu']} CPUs, {memory:.0f} GiB of memory, {info.architecture}, kubelet "
        f"{info.kubelet_version}, {info.container_runtime_version}"
    )


def _version(cluster: Cluster) -> str:
    try:
        return str(cluster.call(cluster.versions.get_code).git_version)
    except ApiException as error:
        raise AcceptanceError(
            f"the API server at {cluster.address} refuses us ({error.status} {answers.message(error)}); make "
            "'kubectl get nodes' work first"
        ) from error


def _kubectl() -> Facts:
    kubectl.run("version", "--client")
    return {}


def _installed(cluster: Cluster, settings: Settings, resource: str, deployment: str, name: str) -> Facts:
    if cluster.find(cluster.definitions.read_custom_resource_definition, resource) is None:
        raise AcceptanceError(f"the cluster has no {resource}, so {name} is missing; {_INSTALL}")
    found = cluster.find(cluster.apps.read_namespaced_deployment, deployment, settings.katib_namespace)
    if found is None:
        raise AcceptanceError(
            f"there is no Deployment {settings.katib_namespace}/{deployment}, so {name} is missing or elsewhere; "
            f"{_INSTALL}, or say where it is by KATIB_NAMESPACE="
        )
    if not found.status.available_replicas:
        raise AcceptanceError(
            f"the Deployment {settings.katib_namespace}/{deployment} has no available pod; see 'kubectl describe "
            f"deployment {deployment} --namespace {settings.katib_namespace}'"
        )
    return {name: _tag(found.spec.template.spec.containers[0].image)}


def _katib_config(settings: Settings) -> Facts:
    warning = KatibConfig(ConfigMapSource(settings.katib_namespace).read()).warning()
    if warning:
        raise AcceptanceError(f"in Katib's configuration, {warning}")
    return {}


def _rights(cluster: Cluster, settings: Settings) -> Facts:
    wanted: list[dict[str, Any]] = [
        {"verb": "create", "resource": "namespaces"},
        {"verb": "delete", "resource": "namespaces", "name": settings.namespace},
        {"verb": "update", "resource": "configmaps", "name": CONFIG_MAP, "namespace": settings.katib_namespace},
        {"verb": "list", "resource": "experiments", "group": "kubeflow.org"},
        *(
            {"verb": verb, "resource": resource, "group": group, "namespace": settings.namespace}
            for verb, group, resource in (
                ("create", "kubeflow.org", "experiments"),
                ("create", "batch", "jobs"),
                ("create", "networking.k8s.io", "networkpolicies"),
                ("create", "rbac.authorization.k8s.io", "roles"),
                ("create", "rbac.authorization.k8s.io", "rolebindings"),
                ("create", "", "pods"),
                ("delete", "", "pods"),
            )
        ),
    ]
    denied = [_words(attributes) for attributes in wanted if not _allowed(cluster, attributes)]
    if denied:
        raise AcceptanceError(f"you may not {'; nor '.join(denied)}; ask for these rights, or log in as somebody else")
    return {}


def _allowed(cluster: Cluster, attributes: dict[str, Any]) -> bool:
    body = {"spec": {"resourceAttributes": attributes}}
    return bool(cluster.call(cluster.reviews.create_self_subject_access_review, body).status.allowed)


def _words(attributes: dict[str, Any]) -> str:
    name, namespace = attributes.get("name"), attributes.get("namespace")
    return (
        f"{attributes['verb']} {attributes['resource']}"
        + (f" {name}" if name else "")
        + (f" in {namespace}" if namespace else "")
    )


def _free_names(cluster: Cluster, settings: Settings) -> Facts:
    check_free(cluster, settings.namespace)
    same = [e for e in foreign_experiments(cluster, settings.namespace) if e.endswith(f"/{settings.experiment}")]
    if same:
        raise ConfigError(
            f"there is an Experiment {same[0]}, and Katib's database takes Experiments of one name for one; delete it, "
            "or give another NAMESPACE="
        )
    return {}


def _tag(image: str) -> str:
    """The version in an image's reference; the whole reference where it is a digest."""
    name, _, tag = image.rpartition(":")
    return tag if name and "/" not in tag and "@" not in name else image
