"""The search under Katib, with everything killed on the way, and the same search on one machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acceptance import kubectl, pods
from acceptance.cluster import Cluster, Pending
from acceptance.disruptions import Disruption, Disruptor, Lookout, Pods
from acceptance.documents import local_search_pod
from acceptance.errors import AcceptanceError
from acceptance.overlays import RECIPE
from autogan_core.config import Config
from autogan_core.history import Record
from autogan_core.runs.local_search import history_lines, parse_history
from autogan_kubeflow.components.katib_search.api import ExperimentsAPI
from autogan_kubeflow.components.katib_search.errors import TimedOutError
from autogan_kubeflow.components.katib_search.following import follow, own_trials
from autogan_kubeflow.components.katib_search.ownership import outcome
from autogan_kubeflow.components.katib_search.results import failure, read_search
from autogan_kubeflow.components.katib_search.waiting import Waiting

LOCAL_SEARCH_S = 30 * 60
SEARCH_S = 45 * 60
GONE_S = 300


class LocalSearch:
    """``autogan search`` in a pod of the trials' kind.

    Args:
        cluster: where it runs.
        experiment: with whose settings.
        config: of its trials.
    """

    WHAT = "local search"

    def __init__(self, cluster: Cluster, experiment: dict[str, Any], config: Config) -> None:
        self._cluster = cluster
        self._document = local_search_pod(experiment, config)

    def start(self) -> None:
        """Creates the pod. Raises AcceptanceError if the cluster refuses it."""
        pods.start(self._cluster, self._document)

    def finish(self) -> list[Record]:
        """Waits for the end, deletes the pod, and returns the history. Raises AcceptanceError if it failed."""
        metadata = self._document["metadata"]

        def how_far(pod: Any) -> str:
            text = pods.log(self._cluster, pod)
            return pods.last_words(text) if text else ""

        ended = pods.finish(self._cluster, metadata["namespace"], metadata["name"], self.WHAT, LOCAL_SEARCH_S, how_far)
        core = self._cluster.core
        self._cluster.find(core.delete_namespaced_pod, metadata["name"], metadata["namespace"])
        return printed_history(ended.log)


def printed_history(text: str) -> list[Record]:
    """Parses the text of a ``history.jsonl``, as a pod has printed it.

    Returns:
        The records, in the order of the lines.

    Raises:
        AcceptanceError: a line is no record.
    """
    try:
        return parse_history(text, "the local search's history")
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise AcceptanceError(
            f"the local search did not print its history ({error}); is the runtime image the product's?"
        ) from error


def disturbed_search(
    cluster: Cluster, overlay: Path, namespace: str, name: str, config: Config
) -> tuple[list[Record], list[Disruption]]:
    """Applies the Experiment, follows it to its end and kills what `disruptions` says.

    Args:
        cluster: where it runs.
        overlay: the folder with the Experiment's kustomization.
        namespace: of the Experiment.
        name: of the Experiment.
        config: of its trials.

    Returns:
        The records of its trials by slot, and what was killed.

    Raises:
        AcceptanceError: kubectl could not apply it, or something was not killed in time.
        ExperimentFailedError: it failed, or was deleted.
        TimedOutError: it took too long.
    """  # noqa: DOC501 - failure() makes an ExperimentFailedError
    kubectl.run("apply", "--kustomize", str(overlay), "--selector", f"app.kubernetes.io/instance={RECIPE}")
    found = Pods(cluster, namespace, name)
    disruptor = Disruptor(found, cluster.progress.say, cluster.clock)
    lookout = Lookout(found, cluster.progress.say)
    started = cluster.clock()

    def tick() -> None:
        lookout()
        if cluster.clock() - started > SEARCH_S:
            raise TimedOutError(f"the Experiment '{name}' was not done after {SEARCH_S} s")
        disruptor()

    # A watch of one second lets the disruptor look as often.
    experiments = ExperimentsAPI(cluster.api_client, namespace, Waiting(check=tick), watch_seconds=1)
    experiment = follow(experiments.get(name), experiments)
    ended, trials = outcome(experiment), own_trials(experiment, experiments)
    if ended is not None and ended.type == "Failed":
        raise failure(experiment, ended.message, trials)
    if disruptor.missed:
        raise AcceptanceError(
            f"the search ended before there was an occasion for: {', '.join(disruptor.missed)}; start again, on a "
            "machine that is less busy"
        )
    return read_search(config, experiment, trials).records, disruptor.done


def delete_experiments(cluster: Cluster, namespace: str) -> None:
    """Deletes all Experiments of the test's namespace, and waits until Katib has let go of them.

    Raises:
        AcceptanceError: one does not go.
    """
    experiments = ExperimentsAPI(cluster.api_client, namespace)
    where = {"group": "kubeflow.org", "version": "v1beta1", "namespace": namespace, "plural": "experiments"}

    def names() -> dict[str, str]:
        listed = cluster.call(cluster.objects.list_namespaced_custom_object, **where)["items"]
        return {item["metadata"]["name"]: item["metadata"]["uid"] for item in listed}

    for name, uid in names().items():
        experiments.delete(name, uid)

    def look() -> bool | Pending:
        left = names()
        return Pending(f"being deleted: {', '.join(left)}") if left else True

    cluster.wait("Experiments", look, GONE_S)


def write_history(path: Path, records: Sequence[Record]) -> None:
    """Keeps records for whoever wants to compare them by hand."""
    path.write_bytes(history_lines(records))
