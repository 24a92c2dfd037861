"""Removes everything that a test has created, as recorded in the cluster itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from acceptance import claim, pipeline_runs, pods, registered
from acceptance.claim import Note
from acceptance.cluster import Cluster
from acceptance.documents import empty_bucket_pod
from acceptance.errors import AcceptanceError
from acceptance.preconditions import foreign_experiments
from acceptance.search import delete_experiments
from acceptance.settings import PipelinesAccess
from autogan_core.errors import AutoGANError
from autogan_kubeflow.components.katib_protocol import ALGORITHM
from autogan_kubeflow.components.katib_search import answers

EMPTY_S = 300


def take_away(cluster: Cluster, namespace: str, access: PipelinesAccess | None) -> str:
    """Undoes a test: its pipeline runs, Experiments, folder in the bucket, registration and namespace, in this order.

    A step that fails does not keep the later ones from being tried, but the namespace stays, with the note in it, until
    nothing else does.

    Args:
        cluster: where the test ran, or runs.
        namespace: of the test.
        access: to Kubeflow Pipelines, if there may be runs.

    Returns:
        What was done, in words.

    Raises:
        ConfigError: the namespace is not a test's.
        AcceptanceError: something could not be taken away; the message says what, and how to go on.
    """
    note = claim.read(cluster, namespace)
    if note is None:
        return f"there is no namespace '{namespace}', so nothing to take away"
    # While the algorithm is not registered Katib refuses every change of an Experiment, its deletion included.
    steps: tuple[Callable[[], str | None], ...] = (
        lambda: pipeline_runs.take_away(cluster, access, note),
        lambda: delete_experiments(cluster, namespace),
        lambda: _empty_bucket(cluster, namespace, note),
        lambda: registered.restore(note, foreign_experiments(cluster, namespace, ALGORITHM)),
    )
    done, problems = [], []
    for step in steps:
        try:
            done.append(step())
        except AutoGANError as error:
            problems.append(str(error))
        except ApiException as error:
            problems.append(f"the cluster refuses: {error.status} {answers.message(error)}")
        if problems and step is steps[1]:
            break
    if problems:
        raise AcceptanceError(
            f"not everything could be taken away: {'; and '.join(problems)}; then run 'make acceptance-clean "
            f"NAMESPACE={namespace}'"
        )
    claim.release(cluster, namespace)
    return "; ".join([*filter(None, done), "the namespace is gone"])


def _empty_bucket(cluster: Cluster, namespace: str, note: Note) -> str | None:
    """Deletes the test's folder in a real bucket; an emulator goes with the namespace."""
    if note.bucket_folder is None:
        return None
    job = cluster.find(cluster.batch.read_namespaced_job, "prepare-data", namespace)
    if job is None:  # then nothing was written either
        return None
    plain: dict[str, Any] = cluster.api_client.sanitize_for_serialization(job)
    name = pods.start(cluster, empty_bucket_pod(plain, note.bucket_folder))
    pods.finish(cluster, namespace, name, f"emptying {note.bucket_folder}", EMPTY_S)
    return f"{note.bucket_folder} is empty"
