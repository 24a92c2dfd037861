"""A namespace's quotas and limits against what searches and steps ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kubernetes.utils.quantity import parse_quantity  # type: ignore[import-untyped]

from autogan_kubeflow.components.cluster_check.base.cluster import Cluster
from autogan_kubeflow.components.cluster_check.base.finding import Finding, missing, note, ok, warning
from autogan_kubeflow.components.cluster_check.base.target import Target
from autogan_kubeflow.components.katib_experiments.placement import Placement
from autogan_kubeflow.components.katib_experiments.recipes import recipe
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping
from autogan_kubeflow.components.registration.entry import DEFAULT_IMAGE, suggestion_entry

GPU = "nvidia.com/gpu"

Amounts = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Demand:
    """The total requests of pods that run at the same time."""

    title: str
    needed: bool
    """Whether nothing works without it; others are for larger work."""
    pods: tuple[Mapping[str, str], ...]
    """Requests of each; limits are equal, or larger by ``limits``."""
    limits: tuple[Mapping[str, str], ...]

    @property
    def largest(self) -> Amounts:
        """The requests of the pod that asks for most."""
        return max(map(amounts, self.pods), key=lambda pod: (GPU in pod, pod.get("memory", 0)))


def demands(target: Target, with_pipelines: bool) -> dict[str, list[Demand]]:
    """The total requests, by namespace."""
    smoke, gpu = recipe("mlas-smoke").placement, Placement()
    service = suggestion_entry(target.suggestion_image or DEFAULT_IMAGE)["resources"]

    def search(title: str, needed: bool, placement: Placement) -> Demand:
        trial = {"cpu": placement.cpu, "memory": placement.memory}
        trial |= {GPU: "1"} if placement.device == "cuda" else {}
        return Demand(title, needed, (service["requests"], trial), (service["limits"], trial))

    found = {target.namespace: [search("mlas-smoke", True, smoke), search("a search on GPUs", False, gpu)]}
    if with_pipelines:
        step = Demand("a pipeline's step", False, (target.step_requests,), (target.step_requests,))
        found.setdefault(target.pipelines_namespace, []).append(step)
    return found


def check_quotas(cluster: Cluster, namespace: str, asked: list[Demand]) -> Iterator[Finding]:
    """Each ResourceQuota of a namespace against what is asked for."""
    quotas = cluster.items(f"/api/v1/namespaces/{namespace}/resourcequotas")
    for quota in quotas:
        name = str(dig(quota, "metadata", "name"))
        hard, used = amounts(mapping(quota, "status", "hard")), amounts(mapping(quota, "status", "used"))
        for demand in asked:
            needs = _against_quota(demand)
            short = {key: need for key, need in needs.items() if key in hard and need > hard[key]}
            tight = {key: need for key, need in needs.items() if key in hard and need > hard[key] - used.get(key, 0)}
            if short:
                words = ", ".join(f"{key} {plain(need)} of at most {plain(hard[key])}" for key, need in short.items())
                patch = ", ".join(f'"{key}": "{plain(need)}"' for key, need in short.items())
                yield (missing if demand.needed else warning)(
                    f"quota {namespace}/{name}",
                    f"too small for {demand.title}: {words}",
                    f"kubectl patch resourcequota {name} --namespace {namespace} --type merge "
                    f'--patch \'{{"spec": {{"hard": {{{patch}}}}}}}\'',
                )
            elif tight:
                words = ", ".join(
                    f"{key} {plain(need)}, {plain(hard[key] - used.get(key, Decimal(0)))} left"
                    for key, need in tight.items()
                )
                yield note(f"quota {namespace}/{name}", f"no room for {demand.title} beside what runs now: {words}")
            else:
                yield ok(f"quota {namespace}/{name}", f"lets {demand.title} in")
    if not quotas:
        yield ok(f"quotas of {namespace}", "none")


def check_limits(cluster: Cluster, namespace: str, asked: list[Demand]) -> Iterator[Finding]:
    """Each LimitRange of a namespace against what is asked for."""
    for limit_range in cluster.items(f"/api/v1/namespaces/{namespace}/limitranges"):
        name = str(dig(limit_range, "metadata", "name"))
        for demand in asked:
            broken = sorted(
                f"{key} {plain(amount)}, {bound} {rule[bound][key]}"
                for rule in items(limit_range, "spec", "limits")
                if rule.get("type") in ("Container", "Pod")
                for bound, pods, outside in (("max", demand.limits, 1), ("min", demand.pods, -1))
                for pod in pods
                for key, amount in amounts(pod).items()
                if key in mapping(rule, bound) and (amount - parse_quantity(rule[bound][key])) * outside > 0
            )
            if broken:
                yield (missing if demand.needed else warning)(
                    f"limits {namespace}/{name}",
                    f"forbids pods of {demand.title}: {'; '.join(broken)}",
                    f"kubectl edit limitrange {name} --namespace {namespace}",
                )


def _against_quota(demand: Demand) -> dict[str, Decimal]:
    requests, limits = _sum(demand.pods), _sum(demand.limits)
    needs = {"pods": Decimal(len(demand.pods))}
    for key, amount in requests.items():
        needs[f"requests.{key}"] = amount
        if key != GPU:
            needs |= {key: amount, f"limits.{key}": limits[key]}
    return needs


def _sum(pods: tuple[Mapping[str, str], ...]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for pod in map(amounts, pods):
        for key, amount in pod.items():
            total[key] = total.get(key, Decimal(0)) + amount
    return total


def amounts(quantities: Mapping[str, Any]) -> dict[str, Decimal]:
    """Quantities as numbers."""
    return {key: parse_quantity(value) for key, value in quantities.items()}


def plain(amount: Decimal) -> str:
    """A quantity as people write it: 16Gi for memory, else a number."""
    for power, unit in ((3, "Gi"), (2, "Mi")):
        if amount >= 1024**power:
            return f"{round(amount / 1024**power, 2).normalize():f}{unit}"
    return f"{round(amount, 2).normalize():f}"
