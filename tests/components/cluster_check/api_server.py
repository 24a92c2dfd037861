"""An API server of plain objects by their path, with rights, access reviews, and a kubelet that one scripts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from autogan_kubeflow.components.cluster_check.base.cluster import RBAC

Object = dict[str, Any]
LISTED = frozenset(
    {
        "deployments",
        "experiments",
        "jobs",
        "limitranges",
        "networkpolicies",
        "nodes",
        "pods",
        "resourcequotas",
        "workflows",
    }
)
"""Kinds that are listed; any other path without an object is one that is not there."""


def dead_end(_: int) -> Object:
    """A kubelet that never starts a pod."""
    return {"phase": "Pending"}


@dataclass
class ApiServer:
    """What it holds, and what it refuses.

    An object's path is its key; the path of a kind lists its objects.
    """

    objects: dict[str, Object] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    """Beginnings of ``METHOD /path`` that the user may not."""
    denied: set[str] = field(default_factory=set)
    """``verb resource`` that the user may not, as access reviews tell."""
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and message by the beginning of ``METHOD /path``."""
    kubelet: Callable[[int], Object] = dead_end
    """A pod's status by how often it was looked at."""
    requests: list[str] = field(default_factory=list)
    page: int = 500
    """Objects on a page at most."""

    def __post_init__(self) -> None:
        self._looks: dict[str, int] = {}

    @property
    def changes(self) -> list[str]:
        """The requests that changed something."""
        return [each for each in self.requests if not each.startswith("GET ") and not each.endswith(("reviews",))]

    def answer(self, method: str, url: str, body: Object) -> tuple[int, Object]:
        """HTTP status and answer."""
        path, query = urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))
        line = f"{method} {path}"
        self.requests.append(line)
        for beginning, (code, message) in self.refusals.items():
            if line.startswith(beginning):
                return _status(code, message)
        if any(line.startswith(beginning) for beginning in self.forbidden):
            return _status(403, f'User "somebody" cannot {method.lower()} resource at {path}')
        if path.endswith("reviews"):
            return 201, self._review(path, body)
        if method == "POST":
            return self._create(path, body)
        if path not in self.objects:
            return self._list(path, query) if method == "GET" else _status(404, f"{path} not found")
        return getattr(self, f"_{method.lower()}")(path, body)  # type: ignore[no-any-return]

    def put(self, path: str, **content: Any) -> Object:
        """Stores an object under its path, with the name and namespace that it tells; returns it, to be changed."""
        parts = path.split("/")
        named: Object = {"name": parts[-1]} | ({"namespace": parts[-3]} if parts[-4:-3] == ["namespaces"] else {})
        self.objects[path] = {**content, "metadata": {**named, **content.get("metadata", {})}}
        return self.objects[path]

    def _get(self, path: str, _: Object) -> tuple[int, Object]:
        if "/pods/" in path and "status" not in self.objects[path]:
            self._looks[path] = self._looks.get(path, -1) + 1
            return 200, {**self.objects[path], "status": self.kubelet(self._looks[path])}
        return 200, self.objects[path]

    def _list(self, path: str, query: dict[str, str]) -> tuple[int, Object]:
        root, _, plural = path.rpartition("/")
        if plural not in LISTED:
            return _status(404, f"{path} not found")
        found = [
            content
            for each, content in sorted(self.objects.items())
            if each.rpartition("/")[0] == path
            or ("/namespaces/" not in path and each.startswith(f"{root}/") and each.split("/")[-2] == plural)
        ]
        start = int(query.get("continue", 0))
        end = start + min(self.page, int(query.get("limit", 500)))
        return 200, {"items": found[start:end], "metadata": {"continue": str(end)} if end < len(found) else {}}

    def _create(self, path: str, body: Object) -> tuple[int, Object]:
        where = f"{path}/{body['metadata']['name']}"
        if where in self.objects:
            return _status(409, f"{where} already exists")
        return 201, self.put(where, **copy.deepcopy(body))

    def _patch(self, path: str, body: Object) -> tuple[int, Object]:
        self.objects[path] = _merged(self.objects[path], body)
        return 200, self.objects[path]

    def _put(self, path: str, body: Object) -> tuple[int, Object]:
        self.objects[path] = body
        return 200, body

    def _delete(self, path: str, _: Object) -> tuple[int, Object]:
        return 200, self.objects.pop(path)

    def _review(self, path: str, body: Object) -> Object:
        if "selfsubjectreviews" in path:
            return {"status": {"userInfo": {"username": "somebody"}}}
        asked = body["spec"]["resourceAttributes"]
        if "selfsubjectaccessreviews" in path:
            return {"status": {"allowed": f"{asked['verb']} {asked['resource']}" not in self.denied}}
        _, _, namespace, account = body["spec"]["user"].split(":")
        return {"status": {"allowed": self._may(namespace, account, asked)}}

    def _may(self, namespace: str, account: str, asked: Object) -> bool:
        folder = f"{RBAC}/namespaces/{asked['namespace']}"
        for path, binding in self.objects.items():
            if not path.startswith(f"{folder}/rolebindings/"):
                continue
            wanted = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
            role = self.objects.get(f"{folder}/roles/{binding['roleRef']['name']}")
            if wanted in binding.get("subjects", []) and role and any(_allows(rule, asked) for rule in role["rules"]):
                return True
        return False


def _allows(rule: Object, asked: Object) -> bool:
    return (
        asked.get("group", "") in rule["apiGroups"]
        and asked["resource"] in rule["resources"]
        and asked["verb"] in rule["verbs"]
    )


def _merged(old: Any, new: Any) -> Any:
    """RFC 7386."""
    if not isinstance(new, dict):
        return new
    kept = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = _merged(kept.get(key), value)
    return kept


def _status(code: int, message: str) -> tuple[int, Object]:
    return code, {"kind": "Status", "status": "Failure", "message": message, "code": code}
