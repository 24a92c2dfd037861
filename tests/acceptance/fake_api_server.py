"""An API server that keeps any object, with Katib's refusal and a namespace's end as a real cluster has them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from autogan_kubeflow.components.registration.katib_config import KEY
from tests.components.katib_configs import PLAIN_017

KATIB_CONFIG = "/api/v1/namespaces/kubeflow/configmaps/katib-config"
EXPERIMENTS = "/apis/kubeflow.org/v1beta1"
Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeApiServer:
    """Objects by path."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    """Resources to which we have no right."""
    requests: list[str] = field(default_factory=list)
    """Those that change something, as ``METHOD path``."""
    refused: set[str] = field(default_factory=set)
    """Requests as in `requests` that are forbidden."""
    stuck: set[str] = field(default_factory=set)
    """Paths of objects that stay when they are deleted."""
    looks: int = 1
    """How often a namespace is still seen after its deletion."""

    def __post_init__(self) -> None:
        self.put(KATIB_CONFIG, data={KEY: PLAIN_017})
        for name in ("experiments.kubeflow.org", "pytorchjobs.kubeflow.org"):
            spec = {"group": "g", "scope": "Namespaced", "versions": [], "names": {"kind": "k", "plural": "p"}}
            self.put(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", spec=spec)
        for name in ("katib-controller", "training-operator"):
            container = {"name": name, "image": f"registry.test/{name}:v0.19.0"}
            spec = {"selector": {}, "template": {"spec": {"containers": [container]}}}
            self.put(
                f"/apis/apps/v1/namespaces/kubeflow/deployments/{name}", spec=spec, status={"availableReplicas": 1}
            )

    @property
    def katib_config(self) -> str:
        """The text of Katib's configuration."""
        text: str = self.objects[KATIB_CONFIG]["data"][KEY]
        return text

    def put(self, path: str, **content: Any) -> None:
        """Stores an object."""
        namespace = re.search(r"/namespaces/([^/]+)/", path)
        metadata = {"name": path.rpartition("/")[2], "uid": path, "resourceVersion": "1"}
        metadata |= {"namespace": namespace[1]} if namespace else {}
        self.objects[path] = {**content, "metadata": {**metadata, **content.get("metadata", {})}}

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Serves a request."""
        path = urlsplit(path).path
        if method != "GET" and "selfsubject" not in path:
            self.requests.append(f"{method} {path}")
        if f"{method} {path}" in self.refused:
            return 403, {"kind": "Status", "code": 403, "message": f"you may not {method} {path}"}
        if path == "/version/":
            return 200, dict.fromkeys(_VERSION, "v1.34.4")
        if path.endswith("/selfsubjectaccessreviews"):
            allowed = body["spec"]["resourceAttributes"]["resource"] not in self.denied
            return 201, {"spec": body["spec"], "status": {"allowed": allowed}}
        return getattr(self, f"_{method.lower()}")(path, body)  # type: ignore[no-any-return]

    def _get(self, path: str, _: dict[str, Any]) -> Answer:
        found = self.objects.get(path)
        if found is not None:
            self._let_go(path, found)
            return 200, found
        if path.startswith("/api") and path.rpartition("/")[2] in ("experiments", "pods"):
            pattern = path.replace("/experiments", "(/namespaces/[^/]+)?/experiments") + "/[^/]+"
            items = [self.objects[key] for key in list(self.objects) if re.fullmatch(pattern, key)]
            return 200, {"items": items, "metadata": {}}
        return 404, {"kind": "Status", "code": 404, "message": f"{path} not found", "details": {"name": "x"}}

    def _post(self, path: str, body: dict[str, Any]) -> Answer:
        key = f"{path}/{body['metadata']['name']}"
        if key in self.objects:
            return 409, {"kind": "Status", "code": 409, "message": "already exists"}
        self.put(key, **body)
        return 201, self.objects[key]

    def _put(self, path: str, body: dict[str, Any]) -> Answer:
        self.put(path, **body)
        return 200, self.objects[path]

    def _delete(self, path: str, _: dict[str, Any]) -> Answer:
        found = self.objects.get(path)
        if found is None:
            return self._get(path, {})
        if path.startswith(EXPERIMENTS) and "algorithmName: autogan" not in self.katib_config:
            message = "admission webhook denied the request: unable to get Suggestion config data"
            return 400, {"kind": "Status", "code": 400, "message": message}
        if re.fullmatch(r"/api/v1/namespaces/[^/]+", path):
            found["looks"] = self.looks
            found["status"] = {"phase": "Terminating"}
        elif path not in self.stuck:
            del self.objects[path]
        return 200, found

    def _let_go(self, path: str, found: dict[str, Any]) -> None:
        """A namespace that is being deleted goes with all that is in it."""
        if "looks" not in found:
            return
        found["looks"] -= 1
        if found["looks"] < 0:
            name = found["metadata"]["name"]
            self.objects = {key: o for key, o in self.objects.items() if f"/namespaces/{name}/" not in f"{key}/"}


def experiment_manifest() -> dict[str, Any]:
    """The committed Experiment of the smoke test."""
    path = Path(__file__).parents[2] / "manifests" / "experiments" / "mlas-smoke.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


_VERSION = (
    "buildDate",
    "compiler",
    "gitCommit",
    "gitTreeState",
    "gitVersion",
    "goVersion",
    "major",
    "minor",
    "platform",
)
