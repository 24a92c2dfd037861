"""What a pod is doing, in words, and pods that run to their end."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from kubernetes import client  # type: ignore[import-untyped]

from acceptance import pods
from acceptance.cluster import Cluster
from acceptance.errors import AcceptanceError
from tests.acceptance.fake_api_server import FakeApiServer

POD = "/api/v1/namespaces/n/pods/p"


def status(
    phase: str,
    waiting: tuple[str, str] | None = None,
    init: str = "",
    unscheduled: str = "",
    exit_code: int | None = None,
) -> dict[str, Any]:
    """A pod's status as the API has it."""
    state: dict[str, Any] = {"waiting": {"reason": waiting[0], "message": waiting[1]}} if waiting else {}
    state |= {"terminated": {"exitCode": exit_code}} if exit_code is not None else {}
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": unscheduled}
    container = {"name": "main", "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": state}
    first = {**container, "name": "first", "state": {init: {}}}
    return {
        "phase": phase,
        "conditions": [condition] if unscheduled else [],
        "containerStatuses": [container],
        "initContainerStatuses": [first] if init else [],
    }


def put(server: FakeApiServer, **content: Any) -> None:
    """The pod n/p as it is now."""
    spec = {"containers": [{"name": "main"}], "nodeName": "node"}
    server.put(POD, spec=spec, status=status(**content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"phase": "Pending"}, "Pending"),
        ({"phase": "Pending", "waiting": ("ContainerCreating", "")}, "Pending"),
        ({"phase": "Pending", "init": "running", "waiting": ("PodInitializing", "")}, "Running"),
        ({"phase": "Pending", "waiting": ("ErrImagePull", "no  such\nhost")}, "Pending, ErrImagePull: no such host"),
        (
            {
                "phase": "Pending",
                "unscheduled": "0/1 nodes: 1 Insufficient cpu. no new claims to deallocate, preemption: x",
            },
            "Pending, Unschedulable: 0/1 nodes: 1 Insufficient cpu.",
        ),
        ({"phase": "Succeeded", "exit_code": 0}, "Succeeded"),
    ],
)
def test_a_pod_s_state_in_words(cluster: Cluster, server: FakeApiServer, content: dict[str, Any], words: str) -> None:
    """What holds it up is told on one line, and an init container at work counts as running."""
    put(server, **content)
    assert pods.state(cluster.core.read_namespaced_pod("p", "n")) == words


def test_a_pod_that_cannot_start_ends_the_waiting_with_advice(cluster: Cluster, server: FakeApiServer) -> None:
    """After a minute, and not before: a registry may have a bad moment."""
    put(server, phase="Pending", waiting=("ImagePullBackOff", "no such image"))
    with pytest.raises(
        AcceptanceError, match=r"ImagePullBackOff: no such image\); give an image that the nodes can pull"
    ):
        pods.finish(cluster, "n", "p", "the image", limit_s=600)
    assert 60 < cluster.clock() < 70


def test_one_that_has_no_place_is_waited_for_until_patience_ends(
    cluster: Cluster, server: FakeApiServer, said: StringIO
) -> None:
    """A node may be added; the reason is printed, now and then only."""
    put(server, phase="Pending", unscheduled="1 Insufficient cpu.")
    with pytest.raises(AcceptanceError, match=r"not done after 100 s \(Pending, Unschedulable: 1 Insufficient cpu"):
        pods.finish(cluster, "n", "p", "the image", limit_s=100)
    assert said.getvalue().count("Insufficient cpu") == 4


def test_a_failed_pod_is_quoted(cluster: Cluster, server: FakeApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the message of its log's last line."""
    put(server, phase="Failed", exit_code=1)
    log = 'booting\n{"severity": "ERROR", "message": "there is no bucket"}\n\n'
    monkeypatch.setattr(client.CoreV1Api, "read_namespaced_pod_log", lambda *_, **__: log)
    with pytest.raises(AcceptanceError, match="the image: the pod p failed, saying: there is no bucket"):
        pods.finish(cluster, "n", "p", "the image", limit_s=100)


def test_a_pod_that_somebody_deletes_is_not_waited_for(cluster: Cluster) -> None:
    """Nobody would make it anew."""
    with pytest.raises(AcceptanceError, match="was deleted by somebody else"):
        pods.finish(cluster, "n", "p", "the image", limit_s=100)


def test_last_words() -> None:
    """Plain text as it is, JSON by its message, nothing as nothing."""
    assert pods.last_words("a\nb\n\n") == "b"
    assert pods.last_words('{"message": "m"}') == "m"
    assert pods.last_words("[1]") == "[1]"
    assert pods.last_words("") == "nothing"
