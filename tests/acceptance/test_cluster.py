"""Asking the API server, and waiting for what takes time."""

from __future__ import annotations

from io import StringIO

import pytest
from kubernetes import client  # type: ignore[import-untyped]
from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from acceptance.cluster import Cluster, Pending
from acceptance.errors import AcceptanceError
from acceptance.progress import Progress
from tests.acceptance.fake_api_server import FakeApiServer


def test_an_outage_of_the_api_server_is_sat_out(progress: Progress) -> None:
    """For two minutes; then a sentence says what did not answer."""
    configuration = client.Configuration(host="http://127.0.0.1:1")
    configuration.retries = False
    now = [0.0]
    cluster = Cluster(
        client.ApiClient(configuration), progress, lambda: now[0], lambda s: now.__setitem__(0, now[0] + s)
    )
    with pytest.raises(AcceptanceError, match="the API server at http://127.0.0.1:1 did not answer for 120 s"):
        cluster.call(cluster.core.read_namespace, "n")
    assert 120 < now[0] < 130


def test_a_refusal_is_no_outage(cluster: Cluster, server: FakeApiServer) -> None:
    """It is passed on at once; what is not there is None to who looks for it."""
    with pytest.raises(ApiException):
        cluster.call(cluster.core.read_namespace, "n")
    assert cluster.find(cluster.core.read_namespace, "n") is None
    assert cluster.clock() == 0
    server.put("/api/v1/namespaces/n")
    assert cluster.find(cluster.core.read_namespace, "n") is not None


def test_waiting_shows_changes_and_now_and_then_details(cluster: Cluster, said: StringIO) -> None:
    """Details alone are shown every half minute, a state at once; a result ends it."""

    def look() -> str | Pending:
        seconds = cluster.clock()
        return "done" if seconds >= 70 else Pending("late" if seconds > 50 else "early", f"{seconds:.0f} of 70")

    assert cluster.wait("work", look, limit_s=100) == "done"
    shown = [line.partition("work: ")[2] for line in said.getvalue().splitlines()]
    assert shown == ["early, 0 of 70", "early, 31 of 70", "late, 51 of 70"]
