"""The capacity of nodes: room for a pod, GPUs, and a driver that the image's CUDA runs on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from autogan_kubeflow.components.cluster_check.base.cluster import Cluster, NotPermittedError
from autogan_kubeflow.components.cluster_check.base.finding import Finding, missing, note, ok, warning
from autogan_kubeflow.components.cluster_check.checks.quotas import GPU, Amounts, Demand, amounts, plain
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping


@dataclass(frozen=True, slots=True)
class Needs:
    """The requirements of a version of CUDA."""

    driver: int
    """The first number of the driver's version."""
    capability: tuple[int, int]
    """The oldest compute capability that its compiler knows, and so torch's wheels."""


CUDA = {12: Needs(525, (5, 0)), 13: Needs(580, (7, 5))}
"""Requirements by CUDA's major version: within one, newer minor versions run on the first one's driver."""


def check_nodes(cluster: Cluster, asked: list[Demand]) -> Iterator[Finding]:
    """Whether any node could take the pods that are asked for, and has the room for them now."""
    nodes = [node for node in cluster.items("/api/v1/nodes") if not dig(node, "spec", "unschedulable")]
    allocatable = {
        str(dig(node, "metadata", "name")): amounts(mapping(node, "status", "allocatable")) for node in nodes
    }
    free = _free(cluster, allocatable)
    for demand in asked:
        subject, pod = f"nodes for {demand.title}", demand.largest
        words = ", ".join(f"{plain(amount)} {key}" for key, amount in pod.items())
        able, ready = _fitting(pod, allocatable), _fitting(pod, free)
        if not able:
            judged, command = missing if demand.needed else warning, "kubectl describe nodes | grep -A 8 Allocatable"
            yield judged(subject, f"none of {len(nodes)} has {words} to give", command)
        elif not ready:
            most = ", ".join(f"{plain(max(free[name].get(key, Decimal(0)) for name in able))} {key}" for key in pod)
            command = "kubectl describe nodes | grep -A 8 'Allocated resources'"
            seen = f"{words} has to wait: {len(able)} of {len(nodes)} could take it, and at most {most} is free now"
            yield warning(subject, seen, command)
        else:
            yield ok(subject, f"{len(ready)} of {len(nodes)} have {words} free")


def check_gpus(cluster: Cluster) -> Iterator[Finding]:
    """GPUs that the nodes have to give."""
    nodes = [node for node in cluster.items("/api/v1/nodes") if _gpus(node)]
    if not nodes:
        yield warning(
            "GPUs",
            "no node has any to give: only work on CPUs runs (mlas-smoke, pipelines compiled with --gpus 0)",
            "# where nodes have GPUs, install NVIDIA's device plugin; is it there?",
            "kubectl get daemonsets --all-namespaces | grep nvidia",
        )
        return
    products = sorted(
        {str(mapping(node, "metadata", "labels").get("nvidia.com/gpu.product", "unnamed")) for node in nodes}
    )
    yield ok("GPUs", f"{sum(map(_gpus, nodes))} on {len(nodes)} nodes: {', '.join(products)}")


def check_drivers(cluster: Cluster, cuda: str | None) -> Iterator[Finding]:
    """Compares the GPUs' drivers and generations, as GPU feature discovery labels them, with the image's CUDA.

    Args:
        cluster: to look at.
        cuda: version in the image, such as 13.2; None for an image without.

    Yields:
        One finding for each problem or missing fact, or one that all nodes fit; none without GPUs.
    """
    nodes = [node for node in cluster.items("/api/v1/nodes") if _gpus(node)]
    if not nodes:
        return
    if cuda is None:
        yield warning("CUDA", "the image has none: its trials run on CPUs only", "# take the image with CUDA")
        return
    needs = CUDA.get(int(cuda.partition(".")[0]))
    if needs is None:
        yield note("CUDA", f"the image has {cuda}; which driver it needs is not known here")
        return
    old, silent = [], []
    for node in nodes:
        name = str(dig(node, "metadata", "name"))
        driver = _number(node, "nvidia.com/cuda.driver-version.major") or _number(node, "nvidia.com/cuda.driver.major")
        major, minor = _number(node, "nvidia.com/gpu.compute.major"), _number(node, "nvidia.com/gpu.compute.minor") or 0
        if driver is None:
            silent.append(name)
        elif driver < needs.driver:
            old.append(f"{name}: driver {driver}")
        if major is not None and (major, minor) < needs.capability:
            old.append(f"{name}: compute capability {major}.{minor}")
    wanted = f"driver {needs.driver} and compute capability {'.'.join(map(str, needs.capability))} or newer"
    if old:
        yield missing(
            "CUDA",
            f"the image's {cuda} needs {wanted}; {', '.join(old)}",
            f"# renew the driver, or choose nodes with {wanted}",
        )
    if silent:
        yield note(
            "CUDA",
            f"the image's {cuda} needs {wanted}; {', '.join(silent)} has no label that tells the driver",
            "# GPU feature discovery sets it; nvidia-smi on the node tells it, too",
            "kubectl get nodes -L nvidia.com/cuda.driver-version.full",
        )
    if not old and not silent:
        yield ok("CUDA", f"the image's {cuda} needs {wanted}: all {len(nodes)} nodes have it")


def _gpus(node: Mapping[str, Any]) -> int:
    return int(mapping(node, "status", "allocatable").get(GPU, 0))


def _number(node: Mapping[str, Any], label: str) -> int | None:
    text = str(mapping(node, "metadata", "labels").get(label))
    return int(text) if text.isascii() and text.isdigit() else None


def _fitting(pod: Amounts, nodes: Mapping[str, Amounts]) -> list[str]:
    """The nodes that have what a pod asks for."""
    return [name for name, node in nodes.items() if all(amount <= node.get(key, 0) for key, amount in pod.items())]


def _free(cluster: Cluster, allocatable: Mapping[str, Amounts]) -> Mapping[str, Amounts]:
    """The nodes' capacity less the requests of their pods; all of it if the user may not see every pod."""
    left = {name: dict(node) for name, node in allocatable.items()}
    try:
        pods = cluster.items("/api/v1/pods")
    except NotPermittedError:
        return left
    for pod in pods:
        node = left.get(str(dig(pod, "spec", "nodeName")))
        if node is None or dig(pod, "status", "phase") in ("Succeeded", "Failed"):
            continue
        for container in items(pod, "spec", "containers"):
            for key, amount in amounts(mapping(container, "resources", "requests")).items():
                node[key] = node.get(key, Decimal(0)) - amount
    return left
