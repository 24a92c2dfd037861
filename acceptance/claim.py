"""The test's namespace: made by it, marked as its own, with a note of what is to be put back afterwards.

The note lies in the cluster, so that `clean` can undo a test that was killed, on another machine too.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from acceptance.cluster import Cluster, Pending
from acceptance.documents import PULL_SECRET
from acceptance.settings import Settings
from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_search import answers

MARK = {"autogan-kubeflow/acceptance": "true"}
"""Label of what the test makes: the namespace, and objects outside of it."""
NOTE = "acceptance"
"""The ConfigMap with the note."""
GONE_S = 300.0

_KEY = "note.json"
_GCS_KEY = "autogan-gcs-key"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """The changes that a test has made outside its namespace, or is about to make."""

    katib_namespace: str
    """The namespace of ``katib-config``."""
    suggestion_image: str
    """The image that the test registers."""
    katib_config: str | None = None
    """The text of Katib's configuration before; None while it is untouched."""
    bucket_folder: str | None = None
    """URI of the test's folder in a real bucket."""
    pipelines_namespace: str | None = None
    """The namespace of the pipelines' steps, if any were started."""
    pipelines_experiment: str | None = None
    """The experiment under which Kubeflow Pipelines lists the test's runs."""


def check_free(cluster: Cluster, namespace: str) -> None:
    """Makes sure that there is no namespace of that name.

    Raises:
        ConfigError: there is one, of an earlier test or of somebody else.
    """
    found = cluster.find(cluster.core.read_namespace, namespace)
    if found is None:
        return
    if is_marked(found):
        raise ConfigError(
            f"the namespace '{namespace}' is there from another acceptance test, which was kept, was killed, or is "
            f"still running; when nobody needs it, take it away with 'make acceptance-clean NAMESPACE={namespace}'"
        )
    raise ConfigError(
        f"there is a namespace '{namespace}' that no acceptance test has made, and which is left alone; give another "
        "name by NAMESPACE="
    )


def claim(cluster: Cluster, settings: Settings) -> Note:
    """Creates the test's namespace with its note and the given credentials.

    Returns:
        The note as it is stored in the namespace.

    Raises:
        ConfigError: somebody has made it meanwhile, or a file of credentials cannot be read.
        ApiException: the cluster refuses for another reason.
    """
    files = {
        (_GCS_KEY, "Opaque", "key.json"): settings.gcs_key,
        (PULL_SECRET, "kubernetes.io/dockerconfigjson", ".dockerconfigjson"): settings.pull_secret,
    }
    secrets = [_secret(*kind, path) for kind, path in files.items() if path is not None]
    note = Note(
        katib_namespace=settings.katib_namespace,
        suggestion_image=settings.suggestion_image,
        bucket_folder=settings.store_uri if settings.store else None,
    )
    try:
        cluster.call(cluster.core.create_namespace, {"metadata": {"name": settings.namespace, "labels": MARK}})
    except ApiException as error:
        if answers.is_conflict(error):
            check_free(cluster, settings.namespace)
        raise
    cluster.call(cluster.core.create_namespaced_config_map, settings.namespace, _document(note))
    for secret in secrets:
        cluster.call(cluster.core.create_namespaced_secret, settings.namespace, secret)
    if settings.pull_secret:
        _let_default_account_pull(cluster, settings.namespace)
    return note


def read(cluster: Cluster, namespace: str) -> Note | None:
    """Reads the note of the test that created a namespace.

    Returns:
        The note, an empty one if the test was killed before it wrote one; None if there is no such namespace.

    Raises:
        ConfigError: it is not a test's, or not this version's.
    """
    found = cluster.find(cluster.core.read_namespace, namespace)
    if found is None:
        return None
    if not is_marked(found):
        raise ConfigError(f"the namespace '{namespace}' was not made by an acceptance test, and is left alone")
    config_map = cluster.find(cluster.core.read_namespaced_config_map, NOTE, namespace)
    if config_map is None:  # the test was killed right after it had made the namespace
        return Note(katib_namespace="", suggestion_image="")
    try:
        return Note(**json.loads(config_map.data[_KEY]))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"the ConfigMap {namespace}/{NOTE} cannot be read ({error}); take the test away with the version of this "
            "program that made it"
        ) from error


def write(cluster: Cluster, namespace: str, note: Note) -> None:
    """Replaces the note, before what it tells of is done."""
    cluster.call(cluster.core.replace_namespaced_config_map, NOTE, namespace, _document(note))


def release(cluster: Cluster, namespace: str) -> None:
    """Deletes the namespace with everything in it, and waits until it is gone.

    Raises:
        AcceptanceError: something in it does not go.
        ApiException: the cluster refuses the deletion.
    """
    try:
        cluster.call(cluster.core.delete_namespace, namespace)
    except ApiException as error:
        if error.status not in (answers.NOT_FOUND, answers.CONFLICT):
            raise

    def look() -> bool | Pending:
        found = cluster.find(cluster.core.read_namespace, namespace)
        return True if found is None else Pending(_remaining(found))

    cluster.wait(f"namespace {namespace}", look, GONE_S)


def is_marked(found: Any) -> bool:
    """Whether an object bears the test's label."""
    return MARK.items() <= (found.metadata.labels or {}).items()


def _remaining(namespace: Any) -> str:
    conditions = namespace.status.conditions or []
    remaining = [c.message for c in conditions if c.type == "NamespaceContentRemaining" and c.status == "True"]
    return f"is being deleted; {remaining[0]}" if remaining else "is being deleted"


def _document(note: Note) -> dict[str, Any]:
    return {"metadata": {"name": NOTE, "labels": MARK}, "data": {_KEY: json.dumps(asdict(note))}}


def _secret(name: str, kind: str, key: str, path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read '{path}': {error.strerror}; name a file with the credentials") from error
    return {"metadata": {"name": name}, "type": kind, "data": {key: base64.b64encode(content).decode()}}


def _let_default_account_pull(cluster: Cluster, namespace: str) -> None:
    """Kubernetes makes the account a moment after its namespace."""

    def look() -> Any | Pending:
        found = cluster.find(cluster.core.read_namespaced_service_account, "default", namespace)
        return found or Pending("not made yet")

    cluster.wait("the account default", look, limit_s=60)
    patch = {"imagePullSecrets": [{"name": PULL_SECRET}]}
    cluster.call(cluster.core.patch_namespaced_service_account, "default", namespace, patch)
