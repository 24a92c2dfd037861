"""The part of a Kubernetes API server that the registration talks to, over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

PATH = "/api/v1/namespaces/{}/configmaps/katib-config"
EXPERIMENTS = "/apis/kubeflow.org/v1beta1/experiments"


class FakeCluster:
    """One ConfigMap with optimistic locking, and the Experiments of all namespaces.

    Args:
        data: its content.
        namespace: where it is.
    """

    def __init__(self, data: dict[str, str], namespace: str = "kubeflow") -> None:
        self.namespace = namespace
        self.object: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "katib-config",
                "namespace": namespace,
                "resourceVersion": "7",
                "annotations": {"example.org/owner": "platform"},
            },
            "data": dict(data),
        }
        self.experiments: list[dict[str, Any]] = []
        """In a list that is handed out page by page."""
        self.refusal: dict[str, int] = {}
        """HTTP status by method; LIST stands for the list of Experiments."""
        self.others: list[str] = []
        """Texts that another writer stores right before our next writes."""
        self.requests: list[str] = []

    @property
    def text(self) -> str:
        """The configuration as it stands."""
        text: str = self.object["data"]["katib-config.yaml"]
        return text

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """HTTP status and object."""
        path, _, query = path.partition("?")
        request = "LIST" if path == EXPERIMENTS else method
        self.requests.append(request)
        if request in self.refusal:
            return self.refusal[request], {"kind": "Status", "message": "refused"}
        if path == EXPERIMENTS:
            return 200, self._page(parse_qs(query))
        if path != PATH.format(self.namespace):
            return 404, {"kind": "Status", "message": "not found"}
        if method == "PUT":
            if self.others:
                self._store({**self.object, "data": {"katib-config.yaml": self.others.pop(0)}})
            if body["metadata"]["resourceVersion"] != self.object["metadata"]["resourceVersion"]:
                return 409, {"kind": "Status", "message": "the object has been modified"}
            self._store(body)
        return 200, self.object

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        start, count = int(query.get("continue", ["0"])[0]), int(query["limit"][0])
        left = len(self.experiments) > start + count
        return {
            "kind": "ExperimentList",
            "metadata": {"continue": str(start + count)} if left else {},
            "items": self.experiments[start : start + count],
        }

    def _store(self, new: dict[str, Any]) -> None:
        version = str(int(self.object["metadata"]["resourceVersion"]) + 1)
        self.object = {**new, "metadata": {**new["metadata"], "resourceVersion": version}}


def experiment(name: str, *conditions: str, algorithm: str = "autogan", deleted: bool = False) -> dict[str, Any]:
    """One as Katib keeps it, ``namespace/name``; the last of the conditions holds."""
    namespace, _, short = name.partition("/")
    metadata = {"namespace": namespace, "name": short}
    if deleted:
        metadata["deletionTimestamp"] = "2026-11-26T06:01:09Z"
    kept = [{"type": kind, "status": str(kind == conditions[-1] or kind == "Created")} for kind in conditions]
    status = {"conditions": kept} if kept else {}
    return {"metadata": metadata, "spec": {"algorithm": {"algorithmName": algorithm}}, "status": status}
