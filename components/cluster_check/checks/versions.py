"""Whether Kubernetes, Katib, the training operator and Kubeflow Pipelines are there, run, and of a tried version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autogan_kubeflow.components.cluster_check.base.cluster import APPS, KATIB, Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Finding, missing, note, ok, warning
from autogan_kubeflow.components.cluster_check.base.target import PIPELINES_NAMESPACE
from autogan_kubeflow.components.manifest_checks.tree import dig, items

LOWEST_KUBERNETES = (1, 26)

_NUMBER = re.compile(r"v?(\d+)\.(\d+)")
_TRAINING = "/apis/kubeflow.org/v1"
TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
PYTORCH_CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/pytorchjobs.kubeflow.org"


@dataclass(frozen=True, slots=True)
class Program:
    """A deployment that we build upon, and the versions of it that were tried."""

    title: str
    deployment: str
    lowest: tuple[int, int]
    highest: tuple[int, int]
    install: str
    """The command that installs it."""

    @property
    def supported(self) -> str:
        """The supported versions, in words."""
        lowest, highest = (".".join(map(str, version)) for version in (self.lowest, self.highest))
        return lowest if lowest == highest else f"{lowest} to {highest}"


KATIB_INSTALL = (
    'kubectl apply -k "github.com/kubeflow/katib.git/manifests/v1beta1/installs/katib-standalone?ref=v0.19.0"'
)
OPERATOR_INSTALL = (
    "kubectl apply --server-side -k "
    '"github.com/kubeflow/training-operator.git/manifests/overlays/standalone?ref=v1.9.0"'
)
CONTROLLER = Program("Katib", "katib-controller", (0, 18), (0, 19), KATIB_INSTALL)
DB_MANAGER = Program("Katib's database manager", "katib-db-manager", (0, 18), (0, 19), KATIB_INSTALL)
OPERATOR = Program("training operator", "training-operator", (1, 9), (1, 9), OPERATOR_INSTALL)
PIPELINES = Program("Kubeflow Pipelines", "ml-pipeline", (2, 16), (2, 17), "")


def check_kubernetes(cluster: Cluster) -> Iterator[Finding]:
    """The API server's own version."""
    text = str((cluster.get("/version") or {}).get("gitVersion"))
    if (found := _version(text)) is None or found >= LOWEST_KUBERNETES:
        yield ok("Kubernetes", text)
    else:
        lowest = ".".join(map(str, LOWEST_KUBERNETES))
        yield missing("Kubernetes", text, f"# upgrade the cluster to {lowest} or newer, as Katib asks for")


def check_program(cluster: Cluster, program: Program, namespace: str) -> Iterator[Finding]:
    """A deployment: there, with a ready pod, in a known version."""
    found = deployment(cluster, program.deployment, namespace)
    if found is None:
        yield missing(program.title, f"no deployment {program.deployment} in {namespace}", program.install)
        return
    if (trouble := idle(found)) is not None:
        yield missing(program.title, *trouble)
        return
    yield _judged(cluster, program, _image(found))


def check_pipelines(cluster: Cluster, namespace: str) -> Iterator[Finding]:
    """Kubeflow Pipelines, which is not needed for a search by Katib alone."""
    found = find_pipelines(cluster, namespace)
    if found is None:
        yield note(PIPELINES.title, f"not in {namespace}: Experiments run, pipelines only without a cluster")
    else:
        trouble = idle(found)
        yield missing(PIPELINES.title, *trouble) if trouble else _judged(cluster, PIPELINES, _image(found))


def check_resources(cluster: Cluster) -> Iterator[Finding]:
    """The custom resources, as the API server serves them."""
    for group, wanted, install in (
        (KATIB, ("experiments", "suggestions", "trials"), KATIB_INSTALL),
        (_TRAINING, ("pytorchjobs",), OPERATOR_INSTALL),
    ):
        served = {str(each.get("name")) for each in items(cluster.get(group), "resources")}
        absent = [name for name in wanted if name not in served]
        subject = ", ".join(wanted)
        if absent:
            yield missing(subject, f"the cluster does not know {', '.join(absent)}", install)
        else:
            yield ok(subject, f"served as {group.removeprefix('/apis/')}")
    if cluster.get(TRAINER) is None:
        yield note("trainjobs", "no Trainer v2; trials are PyTorchJobs, which need none")
    else:
        yield ok("trainjobs", f"served as {TRAINER.removeprefix('/apis/')}")


def deployment(cluster: Cluster, name: str, namespace: str) -> dict[str, Any] | None:
    """A deployment; None if there is none."""
    return cluster.get(f"{APPS}/namespaces/{namespace}/deployments/{name}")


def find_pipelines(cluster: Cluster, namespace: str) -> dict[str, Any] | None:
    """The deployment of Kubeflow Pipelines, which with profiles is in another namespace than the pods."""
    return deployment(cluster, PIPELINES.deployment, namespace) or deployment(
        cluster, PIPELINES.deployment, PIPELINES_NAMESPACE
    )


def idle(found: dict[str, Any]) -> tuple[str, str] | None:
    """The reason why a deployment is idle, and the remedy; None if one of its pods is ready."""
    name, namespace = dig(found, "metadata", "name"), dig(found, "metadata", "namespace")
    if dig(found, "status", "readyReplicas"):
        return None
    if dig(found, "spec", "replicas") == 0:
        return f"{name} is scaled to 0", f"kubectl scale deployment {name} --namespace {namespace} --replicas 1"
    return (
        f"{name} has no ready pod",
        f"kubectl describe deployment {name} --namespace {namespace}; "
        f"kubectl logs deployment/{name} --namespace {namespace}",
    )


def _judged(cluster: Cluster, program: Program, image: str) -> Finding:
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    found = _version(tag)
    if found is None:
        return _by_resources(cluster, program, image)
    if found < program.lowest:
        return missing(program.title, tag, f"# upgrade to {program.supported}", *filter(None, [program.install]))
    if found > program.highest:
        return warning(program.title, f"{tag}, newer than what was tried ({program.supported})")
    return ok(program.title, tag)


def _by_resources(cluster: Cluster, program: Program, image: str) -> Finding:
    """Images of the training operator are named by commit; 1.9 is the first whose jobs have ``managedBy``."""
    if program is OPERATOR:
        if "managedBy" in str(cluster.get(PYTORCH_CRD)):
            return ok(program.title, f"{program.supported} or newer, by its PyTorchJob")
        return missing(program.title, f"{image}, older than {program.supported}", program.install)
    return note(program.title, f"{image} does not tell its version; {program.supported} is what was tried")


def _image(found: dict[str, Any]) -> str:
    return str((items(found, "spec", "template", "spec", "containers") or [{}])[0].get("image"))


def _version(text: str) -> tuple[int, int] | None:
    match = _NUMBER.match(text)
    return (int(match[1]), int(match[2])) if match else None
