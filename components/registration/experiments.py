"""Which Experiments need the registration: Katib can neither run nor delete them without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kubernetes import client  # type: ignore[import-untyped]
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from autogan_kubeflow.components.katib_protocol import ALGORITHM
from autogan_kubeflow.components.registration.cluster import REFUSALS, TIMEOUT_S, ClusterError, connect, reason

PAGE = 100
"""Experiments for each request."""
SHOWN = 10
"""So many are named, and so many commands given."""
WHY = (
    "without the registration they could never be deleted: Katib's own webhook denies the update that takes its "
    "finalizer off, and a namespace that is deleted with one stays Terminating"
)
_KIND = {"group": "kubeflow.org", "version": "v1beta1", "plural": "experiments"}
_CREATED = "Created"
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Experiment:
    """One Experiment of our algorithm, finished or not."""

    namespace: str
    name: str
    state: str
    """The Experiment's latest condition, such as ``Running``."""
    deleted: bool
    """Whether its deletion has been asked for."""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} ({self.state}{', being deleted' if self.deleted else ''})"

    @property
    def delete_command(self) -> str:
        """The command that deletes it."""
        return f"kubectl delete experiment {self.name} --namespace {self.namespace}"

    @property
    def touch_command(self) -> str:
        """The command that makes Katib reconcile it."""
        return (
            f"kubectl annotate experiment {self.name} --namespace {self.namespace} --overwrite "
            f"{ALGORITHM}/registered=again"
        )


def experiments_of_ours() -> list[Experiment]:
    """Lists all Experiments of our algorithm in the cluster.

    Returns:
        The Experiments, by namespace and name.

    Raises:
        ClusterError: the cluster does not say, or we may not ask.
    """
    api = client.CustomObjectsApi(connect())
    found = [_experiment(item) for item in _items(api) if _algorithm(item) == ALGORITHM]
    return sorted(found, key=lambda experiment: (experiment.namespace, experiment.name))


def listed(found: Sequence[Experiment]) -> str:
    """Says that they exist, and how each is."""
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"Experiments of '{ALGORITHM}' exist: {', '.join(map(str, found[:SHOWN]))}{more}"


def refusal(found: Sequence[Experiment]) -> str:
    """Explains why the registration cannot be removed while they exist, and what to do first."""
    commands = _commands(experiment.delete_command for experiment in found if not experiment.deleted)
    first = f"delete them first ({commands})" if commands else "wait until they are gone"
    return f"{listed(found)}; {WHY}; {first}, then remove again"


def rescue(found: Sequence[Experiment]) -> str:
    """Explains what Experiments that were left without the registration need, once it is restored."""
    commands = _commands(experiment.touch_command for experiment in found if experiment.deleted)
    stuck = f"; so that Katib looks at once at those whose deletion was stuck: {commands}" if commands else ""
    return f"{listed(found)}; from now on they can be deleted again{stuck}"


def _commands(all_of_them: Iterable[str]) -> str:
    commands = list(all_of_them)
    return "; ".join([*commands[:SHOWN], *(["..."] if len(commands) > SHOWN else [])])


def _items(api: client.CustomObjectsApi) -> Iterator[dict[str, Any]]:
    following = ""
    while True:
        try:
            page = api.list_cluster_custom_object(**_KIND, limit=PAGE, _continue=following, _request_timeout=TIMEOUT_S)
        except REFUSALS as error:
            if isinstance(error, ApiException) and error.status == _NOT_FOUND:
                return  # without Katib's kinds there are none
            forbidden = (
                "you may not list them in all namespaces; let somebody who may do this, or ask for the verb list on "
                "experiments.kubeflow.org for the cluster"
            )
            raise ClusterError(
                f"whether Experiments of '{ALGORITHM}' exist cannot be seen: {reason(error, forbidden)}"
            ) from error
        yield from page["items"]
        following = page["metadata"].get("continue") or ""
        if not following:
            return


def _algorithm(item: dict[str, Any]) -> str | None:
    name: str | None = item.get("spec", {}).get("algorithm", {}).get("algorithmName")
    return name


def _experiment(item: dict[str, Any]) -> Experiment:
    metadata = item["metadata"]
    conditions = item.get("status", {}).get("conditions") or []
    holding = [condition["type"] for condition in conditions if condition.get("status") == "True"]
    state = holding[-1] if holding else _CREATED
    return Experiment(metadata["namespace"], metadata["name"], state, "deletionTimestamp" in metadata)
