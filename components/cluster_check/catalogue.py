"""All checks, by topic and in the order in which a cluster is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from autogan_kubeflow.components.cluster_check.base.cluster import Cluster, NotPermittedError, RefusedError
from autogan_kubeflow.components.cluster_check.base.finding import Finding, Verdict, unknown
from autogan_kubeflow.components.cluster_check.base.target import Target
from autogan_kubeflow.components.cluster_check.checks import (
    inside,
    leftovers,
    namespace,
    nodes,
    probe,
    quotas,
    registered,
    rights,
    traps,
    versions,
)

Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Topic:
    """Findings under one heading."""

    title: str
    findings: tuple[Finding, ...]


def inspect(cluster: Cluster, target: Target, waiting: inside.Waiting | None) -> list[Topic]:
    """Runs all checks.

    Args:
        cluster: to look at.
        target: the installation to expect.
        waiting: for the pod that looks from inside; None for no pod.

    Returns:
        The topics that have findings, in the order of the report.

    Raises:
        ClusterUnavailableError: the API server cannot be reached.
        ClusterAccessError: it does not know the user.
    """
    katib, asked = target.katib_namespace, quotas.demands(target, _has_pipelines(cluster, target))
    found = [
        _topic(
            "programs",
            partial(versions.check_kubernetes, cluster),
            partial(versions.check_program, cluster, versions.CONTROLLER, katib),
            partial(versions.check_program, cluster, versions.DB_MANAGER, katib),
            partial(versions.check_program, cluster, versions.OPERATOR, katib),
            partial(versions.check_pipelines, cluster, target.pipelines_namespace),
            partial(versions.check_resources, cluster),
            partial(traps.check_order, cluster, target),
            partial(traps.check_webhooks, cluster, target),
            partial(traps.check_retries, cluster, target.pipelines_namespace),
        ),
        _topic(
            "registration",
            partial(registered.check_registration, cluster, target),
            partial(registered.check_services, cluster, target),
            partial(traps.check_stuck, cluster, target, datetime.now(UTC)),
        ),
        _topic(
            "namespace",
            partial(namespace.check_namespace, cluster, target),
            partial(namespace.check_settings, cluster, target),
            partial(namespace.check_pipelines_settings, cluster, target),
            partial(namespace.check_policies, cluster, target),
        ),
        _topic(
            "rights",
            partial(rights.check_accounts, cluster, target),
            partial(rights.check_powerless, cluster, target),
            partial(rights.check_pipeline_account, cluster, target),
            partial(rights.check_user, cluster, target),
        ),
    ]
    seen: list[inside.Inside] = []

    def from_inside() -> Iterable[Finding]:
        if waiting is not None:
            seen.append(inside.look_from_inside(cluster, target, waiting))
            yield from seen[0].findings

    found.append(_topic("from inside", from_inside))
    told = seen[0].cuda if seen else None
    cuda = probe.installed_cuda() if told is None else told
    found += [
        _topic(
            "room",
            *(partial(quotas.check_quotas, cluster, where, demand) for where, demand in asked.items()),
            *(partial(quotas.check_limits, cluster, where, demand) for where, demand in asked.items()),
            partial(nodes.check_nodes, cluster, [each for demand in asked.values() for each in demand]),
            partial(nodes.check_gpus, cluster),
            partial(nodes.check_drivers, cluster, cuda or None),
        ),
        _topic(
            "leftovers",
            partial(leftovers.check_jobs, cluster, target),
            partial(leftovers.check_registration_objects, cluster, target),
            partial(leftovers.check_pods, cluster, target),
            partial(leftovers.check_services_of_the_ended, cluster, target),
            partial(leftovers.check_orphans, cluster, target),
        ),
    ]
    return [topic for topic in found if topic.findings]


def count(topics: Iterable[Topic], verdict: Verdict) -> int:
    """Counts the findings that have a verdict."""
    return sum(finding.verdict is verdict for topic in topics for finding in topic.findings)


def _has_pipelines(cluster: Cluster, target: Target) -> bool:
    try:
        return versions.find_pipelines(cluster, target.pipelines_namespace) is not None
    except NotPermittedError:  # the topic of the programs says so
        return False


def _topic(title: str, *checks: Check) -> Topic:
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += check()
        except NotPermittedError as error:
            row = unknown(error.what, f"not permitted to {error.verb} (who could: {error.who})")
            if row not in findings:
                findings.append(row)
        except RefusedError as error:
            findings.append(unknown("API server", str(error)))
    return Topic(title, tuple(findings))
