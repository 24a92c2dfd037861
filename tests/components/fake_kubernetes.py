"""What a Kubernetes API server with Katib's custom resources does, and all that can go wrong with it."""

from __future__ import annotations

import copy
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

KINDS = {
    "experiments": "Experiment",
    "trials": "Trial",
    "suggestions": "Suggestion",
    "pods": "Pod",
    "workflows": "Workflow",
}
LABEL = "katib.kubeflow.org/experiment"


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of, or after, its answer."""

    status: int | None = None
    """Answered with this HTTP status, without effect."""
    message: str = "induced"
    retry_after: int | None = None
    cut: bool = False
    """The connection is cut instead of the answer."""
    takes_effect: bool = False
    """With ``cut``: whether the request is served first."""
    watch_error: int | None = None
    """The watch begins with an ERROR event of this code."""


@dataclass(frozen=True)
class Request:
    """One request as the server understood it."""

    verb: str
    """create, get, list, watch or delete."""
    plural: str
    namespace: str
    name: str | None
    query: dict[str, str]
    body: dict[str, Any]


Answer = tuple[int, dict[str, Any]]
Trouble = Callable[[Request], Fault | None]


@dataclass
class FakeKubernetes:
    """Objects of one namespace, their history since the last compaction, and what is to go wrong."""

    namespace: str = "autogan"
    trouble: Trouble = lambda _: None
    """Decides the fate of each request."""
    admit: Callable[[dict[str, Any]], tuple[int, str] | None] = lambda _: None
    """Katib's webhook: status and message with which an Experiment is refused."""
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    """(verb, plural) that the Role lacks."""
    installed: bool = True
    """Whether there are Katib's custom resources."""
    lingering: int = 2
    """How often an object that is being deleted is still seen."""
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.Condition(threading.RLock())
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self._events: list[tuple[int, str, str, dict[str, Any]]] = []
        self._version = 100
        self._compacted = 100
        self._looks: dict[str, int] = {}

    def put(self, plural: str, content: dict[str, Any]) -> dict[str, Any]:
        """Creates or updates an object, as a controller does; returns it as stored."""
        with self.lock:
            stored = copy.deepcopy(content)
            old = self.objects.get((plural, content["metadata"]["name"]))
            kept = old["metadata"] if old else {"uid": str(uuid4()), "creationTimestamp": "2026-01-01T00:00:00Z"}
            stored["metadata"] = {**kept, **stored["metadata"], "namespace": self.namespace}
            stored |= {"apiVersion": "v1" if plural == "pods" else "kubeflow.org/v1beta1", "kind": KINDS[plural]}
            self._store("MODIFIED" if old else "ADDED", plural, stored)
            return copy.deepcopy(stored)

    def find(self, plural: str, name: str | None = None) -> dict[str, Any] | None:
        """An object, or the first one of its kind, that is not being deleted."""
        with self.lock:
            for (kind, called), found in self.objects.items():
                if kind == plural and name in (None, called) and "deletionTimestamp" not in found["metadata"]:
                    return copy.deepcopy(found)
            return None

    def mark_deleted(self, plural: str, name: str) -> None:
        """DELETE with a finalizer: the object stays for a while, with a deletionTimestamp."""
        with self.lock:
            doomed = copy.deepcopy(self.objects[plural, name])
            doomed["metadata"]["deletionTimestamp"] = "2026-01-01T01:00:00Z"
            self._looks[doomed["metadata"]["uid"]] = 0
            self._store("MODIFIED", plural, doomed)

    def remove(self, plural: str, name: str) -> None:
        """The finalizers are done: the object is gone, and what it owned is deleted in turn."""
        with self.lock:
            gone = self.objects.pop((plural, name))
            self._announce("DELETED", plural, gone)
            for kind, called in list(self.objects):
                owners = self.objects[kind, called]["metadata"].get("ownerReferences", [])
                if any(owner["uid"] == gone["metadata"]["uid"] for owner in owners):
                    self.mark_deleted(kind, called)

    def compact(self) -> None:
        """Forgets all past events: older resource versions are gone."""
        with self.lock:
            self._version += 1
            self._compacted = self._version
            self._events.clear()

    def answer(self, request: Request) -> Answer:
        """Serves a request other than a watch."""
        with self.lock:
            if (request.verb, request.plural) in self.forbidden:
                return _forbidden(request)
            if not self.installed:
                return 404, {}
            return getattr(self, f"_{request.verb}")(request)  # type: ignore[no-any-return]

    def watch(self, request: Request) -> Iterator[dict[str, Any] | None]:
        """Events from a resource version on until the watch times out; None while nothing happens."""
        end = time.monotonic() + float(request.query.get("timeoutSeconds", 60))
        position, wanted = int(request.query["resourceVersion"]), request.query["fieldSelector"].partition("=")[2]
        yield {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(position)}}}
        while time.monotonic() < end:
            with self.lock:
                if position < self._compacted:
                    yield {"type": "ERROR", "object": status(410, "Expired", "too old resource version")[1]}
                    return
                fresh = [event for event in self._events if event[0] > position]
                if not fresh:
                    self.lock.wait(0.05)
            for version, kind, plural, content in fresh:
                position = version
                if plural == request.plural and content["metadata"]["name"] == wanted:
                    yield {"type": kind, "object": content}
            if not fresh:
                yield None

    def _create(self, request: Request) -> Answer:
        if request.namespace != self.namespace:
            return status(404, "NotFound", f'namespaces "{request.namespace}" not found', name=request.namespace)
        if refusal := self.admit(request.body):
            return status(refusal[0], "BadRequest", refusal[1])
        name = request.body["metadata"]["name"]
        if (request.plural, name) in self.objects:
            return status(409, "AlreadyExists", f'{request.plural}.kubeflow.org "{name}" already exists', name=name)
        return 201, self.put(request.plural, request.body)

    def _get(self, request: Request) -> Answer:
        assert request.name
        found = self.objects.get((request.plural, request.name))
        if found is not None and self._still_there(request.plural, found):
            return 200, found
        return status(404, "NotFound", f'{request.plural}.kubeflow.org "{request.name}" not found', name=request.name)

    def _list(self, request: Request) -> Answer:
        key, _, value = request.query["labelSelector"].partition("=")
        named = sorted((name, content) for (plural, name), content in self.objects.items() if plural == request.plural)
        chosen = [c for _, c in named if c["metadata"].get("labels", {}).get(key) == value]
        items = [c for c in chosen if self._still_there(request.plural, c)]
        start = int(request.query.get("continue", 0))
        end = start + int(request.query.get("limit", len(items)))
        metadata = {"resourceVersion": str(self._version)} | ({"continue": str(end)} if end < len(items) else {})
        return 200, {"kind": "List", "metadata": metadata, "items": items[start:end]}

    def _delete(self, request: Request) -> Answer:
        code, found = self._get(request)
        if code != 200:
            return code, found
        uid = request.body.get("preconditions", {}).get("uid", found["metadata"]["uid"])
        if uid != found["metadata"]["uid"]:
            return status(409, "Conflict", "the UID in the precondition does not match", name=request.name)
        assert request.body["propagationPolicy"] == "Background"
        if "deletionTimestamp" not in found["metadata"]:
            self.mark_deleted(request.plural, found["metadata"]["name"])
        return 200, found

    def _still_there(self, plural: str, content: dict[str, Any]) -> bool:
        uid, name = content["metadata"]["uid"], content["metadata"]["name"]
        if uid not in self._looks:
            return True
        self._looks[uid] += 1
        if self._looks[uid] <= self.lingering:
            return True
        self.remove(plural, name)
        return False

    def _store(self, kind: str, plural: str, content: dict[str, Any]) -> None:
        self._announce(kind, plural, content)
        self.objects[plural, content["metadata"]["name"]] = content

    def _announce(self, kind: str, plural: str, content: dict[str, Any]) -> None:
        self._version += 1
        content["metadata"]["resourceVersion"] = str(self._version)
        self._events.append((self._version, kind, plural, copy.deepcopy(content)))
        self.lock.notify_all()


def storm(seed: int, kubernetes: FakeKubernetes) -> Trouble:
    """Two requests of five meet some trouble, and now and then all past events are forgotten."""
    rng = random.Random(seed)

    def trouble(request: Request) -> Fault | None:
        if rng.random() < 0.1:
            kubernetes.compact()
        faults = [
            Fault(status=500),
            Fault(status=429, retry_after=3),
            Fault(status=410),
            Fault(cut=True),
            Fault(cut=True, takes_effect=True),
            Fault(watch_error=410),
            Fault(watch_error=500),
        ]
        return rng.choice(faults) if rng.random() < 0.4 else None

    return trouble


def status(code: int, reason: str, message: str, name: str | None = None) -> Answer:
    """A refusal as Kubernetes words it."""
    content = {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code}
    return code, content | ({"details": {"name": name}} if name else {})


def _forbidden(request: Request) -> Answer:
    return status(
        403,
        "Forbidden",
        f'{request.plural}.kubeflow.org is forbidden: User "system:serviceaccount:autogan:pipeline" cannot '
        f'{request.verb} resource "{request.plural}" in API group "kubeflow.org" in the namespace "autogan"',
        name=request.name,
    )
