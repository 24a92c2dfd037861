"""The test's namespace: never somebody else's, and with a note of what is to be put back."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from acceptance import claim
from acceptance.claim import Note
from acceptance.cluster import Cluster
from acceptance.settings import Settings
from autogan_core.errors import ConfigError
from tests.acceptance.fake_api_server import FakeApiServer

NAMESPACE = "/api/v1/namespaces/autogan-acceptance"


def test_a_namespace_of_that_name_is_refused(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """Somebody else's is left alone; an earlier test's is to be taken away first."""
    claim.check_free(cluster, settings.namespace)
    server.put(NAMESPACE)
    with pytest.raises(ConfigError, match="no acceptance test has made"):
        claim.claim(cluster, settings)
    with pytest.raises(ConfigError, match="was not made by an acceptance test"):
        claim.read(cluster, settings.namespace)
    server.put(NAMESPACE, metadata={"labels": claim.MARK})
    with pytest.raises(ConfigError, match="make acceptance-clean NAMESPACE=autogan-acceptance"):
        claim.check_free(cluster, settings.namespace)
    assert not any(request.startswith("DELETE") for request in server.requests)


def test_the_note_is_read_back(cluster: Cluster, settings: Settings) -> None:
    """By another process, as it was written last; there is none where there is no namespace."""
    assert claim.read(cluster, settings.namespace) is None
    note = claim.claim(cluster, settings)
    assert (
        claim.read(cluster, settings.namespace)
        == note
        == Note(katib_namespace="kubeflow", suggestion_image="registry.test/suggestion:2.0.0")
    )
    changed = replace(note, katib_config="text\n", bucket_folder="gs://bucket/f")
    claim.write(cluster, settings.namespace, changed)
    assert claim.read(cluster, settings.namespace) == changed


def test_a_test_that_was_killed_at_once_can_be_taken_away(cluster: Cluster, server: FakeApiServer) -> None:
    """There is a marked namespace and no note yet, so nothing else was touched."""
    server.put(NAMESPACE, metadata={"labels": claim.MARK})
    note = claim.read(cluster, "autogan-acceptance")
    assert note is not None and note.katib_config is None and note.bucket_folder is None


def test_credentials_go_into_the_namespace(
    cluster: Cluster, server: FakeApiServer, settings: Settings, tmp_path: Path
) -> None:
    """The key under the name that trials mount; a file that is not there is refused before anything is made."""
    key = tmp_path / "key.json"
    with_key = replace(settings, store="gs://bucket", gcs_key=key)
    with pytest.raises(ConfigError, match="name a file with the credentials"):
        claim.claim(cluster, with_key)
    assert server.requests == []
    key.write_text("{}")
    claim.claim(cluster, with_key)
    secret = server.objects[f"{NAMESPACE}/secrets/autogan-gcs-key"]
    assert secret["data"] == {"key.json": base64.b64encode(b"{}").decode()}


def test_release_waits_until_the_namespace_is_gone(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """With all that is in it; a second time there is nothing to do."""
    claim.claim(cluster, settings)
    claim.release(cluster, settings.namespace)
    assert not any(path.startswith(NAMESPACE) for path in server.objects)
    claim.release(cluster, settings.namespace)
