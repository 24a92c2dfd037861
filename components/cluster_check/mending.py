"""Repairs of the findings that are ours to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.cluster_check.base.cluster import NotPermittedError, RefusedError
from autogan_kubeflow.components.cluster_check.catalogue import Topic


def mend(topics: Iterable[Topic], tell: Callable[[str], None]) -> bool:
    """Applies every repair, and tells of each before it is made and of what the cluster refuses.

    Returns:
        Whether anything was changed.

    Raises:
        ClusterUnavailableError: the API server cannot be reached.
        ClusterAccessError: it does not know the user.
    """
    changed = False
    for repair in [finding.repair for topic in topics for finding in topic.findings if finding.repair is not None]:
        tell(f"--fix: {repair.words}")
        try:
            repair.apply()
            changed = True
        except (ConfigError, NotPermittedError, RefusedError) as error:
            tell(f"--fix: not done: {error}")
    return changed
