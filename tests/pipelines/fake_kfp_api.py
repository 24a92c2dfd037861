"""The part of the API server of Kubeflow Pipelines (v2beta1) that our commands talk to, over HTTP."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kfp
import pytest
import yaml

PREFIX = "/apis/v2beta1/"
IDS = {
    "pipelines": "pipeline_id",
    "experiments": "experiment_id",
    "runs": "run_id",
    "recurringruns": "recurring_run_id",
}
FIELDS = {"pipelines": "pipelines", "experiments": "experiments", "runs": "runs", "recurringruns": "recurringRuns"}
EQUALS = ("EQUALS", 1)
NAME = "transfer-evaluation"
"""The pipeline that tests send."""

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer consists of, be it of this API or of something in front of it."""

    status: int
    body: str
    content_type: str = "application/json"
    location: str | None = None


LOGIN_PAGE = Answer(200, "<!doctype html><title>Log in</title>", "text/html")
REDIRECTION = Answer(302, "<a href='/dex/auth'>Found</a>", "text/html", "/dex/auth")
NO_SUCH_PAGE = Answer(404, "404 page not found", "text/plain")


def failure(status: int, message: str) -> Answer:
    """An error as grpc-gateway words it."""
    return Answer(status, json.dumps({"code": 2, "message": message, "details": []}))


@dataclass
class FakeKfp:
    """State of the server, and what it is to do."""

    multi_user: bool = False
    token: str | None = None
    """Without this bearer token every request is refused."""
    page_size: int = 2
    """No listing gives more at a time, as the server may."""
    delay_s: float = 0.0
    experiments: list[Object] = field(default_factory=list)
    pipelines: list[Object] = field(default_factory=list)
    runs: list[Object] = field(default_factory=list)
    recurringruns: list[Object] = field(default_factory=list)
    versions: dict[str, Object] = field(default_factory=dict)
    """Uploaded pipeline versions by id."""
    instead: dict[str, list[Answer]] = field(default_factory=dict)
    """By method: given in place of the next answers, one each."""
    progress: dict[str, list[Object]] = field(default_factory=dict)
    """By run: what is new at each look at it."""
    killed: list[str] = field(default_factory=list)
    """Runs whose workflow went with the schedule that owned it; the API goes on to call them running."""
    requests: list[str] = field(default_factory=list)
    """Method and path of each, in order."""
    queries: list[dict[str, str]] = field(default_factory=list)

    @property
    def written(self) -> list[str]:
        """The requests that change something."""
        return [request for request in self.requests if not request.startswith("GET")]

    def answer(self, method: str, address: str, body: Object, authorization: str | None) -> Answer:
        """What the server says."""
        url = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.requests.append(f"{method} {url.path.removeprefix(PREFIX)}")
        self.queries.append(query)
        time.sleep(self.delay_s)
        if self.instead.get(method):
            return self.instead[method].pop(0)
        if self.token and authorization != f"Bearer {self.token}":
            return failure(401, "Unauthenticated: the token is not valid")
        if not url.path.startswith(PREFIX):
            return NO_SUCH_PAGE
        parts = url.path.removeprefix(PREFIX).split("/")
        found = self._dispatch(method, parts, query, body)
        return found if isinstance(found, Answer) else Answer(200, json.dumps(found))

    def _dispatch(self, method: str, parts: list[str], query: dict[str, str], body: Object) -> Object | Answer:
        match method, parts:
            case "GET", ["healthz"]:
                return {"multi_user": True} if self.multi_user else {}
            case "GET", ["pipelines", _, "versions", version]:
                return self.versions.get(version) or failure(404, f"PipelineVersion {version} not found")
            case "GET", [("pipelines" | "experiments" | "runs" | "recurringruns") as kind]:
                return self._listing(kind, query)
            case "POST", ["pipelines", "upload_version"]:
                made: Object = {"pipeline_id": query["pipelineid"], "pipeline_version_id": str(uuid.uuid4())}
                self.versions[made["pipeline_version_id"]] = made | {"description": query.get("description", "")}
                return made
            case "POST", [("pipelines" | "experiments" | "runs" | "recurringruns") as kind]:
                return self._create(kind, body)
            case "POST", ["runs", verb] if verb.endswith(":terminate"):
                return self._terminate(verb.removesuffix(":terminate"))
            case (("GET" | "DELETE"), [("experiments" | "runs" | "recurringruns") as kind, key]):
                if method == "DELETE" and kind == "recurringruns" and query.get("propagation_policy") != "ORPHAN":
                    self.killed += [run["run_id"] for run in self.runs if run.get("recurring_run_id") == key]
                return self._one(kind, key, delete=method == "DELETE")
        return NO_SUCH_PAGE

    def _listing(self, kind: str, query: dict[str, str]) -> Object | Answer:
        if bool(query.get("namespace")) != self.multi_user:
            return failure(400, "Invalid input error: namespace")
        predicates = json.loads(query.get("filter", "{}")).get("predicates", [])
        found = [each for each in getattr(self, kind) if _fits(each, predicates)]
        found = [each for each in found if each.get("namespace", "") == query.get("namespace", "")]
        if query.get("sort_by") == "created_at desc":
            found.sort(key=lambda each: str(each["created_at"]), reverse=True)
        start = int(query.get("page_token") or 0)
        end = start + min(self.page_size, int(query.get("page_size") or 10))
        page: Object = {FIELDS[kind]: found[start:end], "total_size": len(found)}
        return page | ({"next_page_token": str(end)} if end < len(found) else {})

    def _create(self, kind: str, body: Object) -> Object | Answer:
        if kind == "recurringruns" and not 1 <= int(body["max_concurrency"]) <= 10:
            return failure(400, "Invalid input error: max_concurrency must be in range [1, 10]")
        experiment = {each["experiment_id"]: each for each in self.experiments}.get(body.get("experiment_id", ""))
        if kind not in ("pipelines", "experiments") and experiment is None:
            return failure(404, f"Experiment {body.get('experiment_id')} not found")
        made = body | {IDS[kind]: str(uuid.uuid4()), "created_at": _now(len(self.requests))}
        if experiment is not None:
            made["namespace"] = experiment.get("namespace", "")
            made.setdefault("service_account", "pipeline-runner")
        if kind == "runs":
            made["state"] = "PENDING"
        if kind == "recurringruns":
            made["max_concurrency"] = str(made["max_concurrency"])  # int64 is text in protobuf's JSON
        getattr(self, kind).append(made)
        return made

    def _terminate(self, run_id: str) -> Object | Answer:
        run = next((each for each in self.runs if each["run_id"] == run_id), None)
        if run is None or run["state"] not in ("PENDING", "RUNNING", "PAUSED"):
            return failure(400, f"Invalid input error: Failed to terminate a run {run_id}. Row not found")
        run["state"] = "CANCELING"
        return {}

    def _one(self, kind: str, key: str, *, delete: bool) -> Object | Answer:
        objects: list[Object] = getattr(self, kind)
        found = next((each for each in objects if each[IDS[kind]] == key), None)
        if found is None:
            return failure(404, f"{kind} {key} not found")
        if delete:
            objects.remove(found)
            return {}
        if self.progress.get(key):
            found.update(self.progress[key].pop(0))
        return found


def _fits(each: Object, predicates: list[Object]) -> bool:
    assert all(predicate["operation"] in EQUALS for predicate in predicates)
    return all(each.get(predicate["key"]) == predicate["stringValue"] for predicate in predicates)


def _now(order: int) -> str:
    return _text(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=order))


def _text(moment: datetime) -> str:
    return re.sub(r"\+00:00$", "Z", moment.isoformat())


def package_text(pipeline: str = NAME, image: str = "one") -> str:
    """The least that is a compiled pipeline: a step, one in a loop, and one in the end; with a platform's part."""
    first = _task("prepare-data", "Prepare data") | {"cachingOptions": {"enableCache": True}}
    loop = {"componentRef": {"name": "comp-for-loop-1"}, "parameterIterator": {}, "taskInfo": {"name": "for-loop-1"}}
    body = {"retrain": _task("retrain", "Train to the end")}
    spec = {
        "pipelineInfo": {"name": pipeline},
        "root": {"dag": {"tasks": {"prepare-data": first, "loop": loop, "summarize": _task("summarize", "Summary")}}},
        "components": {
            **{f"comp-{name}": {"executorLabel": "exec"} for name in ("prepare-data", "retrain", "summarize")},
            "comp-for-loop-1": {"dag": {"tasks": body}},
        },
        "deploymentSpec": {"executors": {"exec": {"container": {"image": image}}}},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
    }
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec": {"imagePullPolicy": "Always"}}}}}}
    return yaml.safe_dump_all([spec, platform])


def _task(name: str, title: str) -> Object:
    return {"componentRef": {"name": f"comp-{name}"}, "taskInfo": {"name": title}}


def row(name: str, state: str, minute: int | None = None, seconds: int | None = None, **more: Any) -> Object:
    """One node of a run's workflow as the API describes it.

    Args:
        name: of the node.
        state: of the API.
        minute: at which it began; None for not yet.
        seconds: that it took; None for not ended.
        more: further fields.
    """
    start = datetime(2026, 11, 22, 10, minute or 0, tzinfo=UTC)
    times = {"start_time": "1970-01-01T00:00:00Z", "end_time": "1970-01-01T00:00:00Z"}
    if minute is not None:
        times["start_time"] = _text(start)
    if seconds is not None:
        times["end_time"] = _text(start + timedelta(seconds=seconds))
    return {"task_id": str(uuid.uuid4()), "display_name": name, "state": state, **times, **more}


def step_rows(name: str, state: str, minute: int, seconds: int | None = None) -> list[Object]:
    """The nodes of a step: its driver's, its own and its executor's, each with an attempt, as KFP 2.17 makes them."""
    driver = [row(f"{name}-driver{attempt}", "SUCCEEDED", minute, 5) for attempt in ("", "(0)")]
    own = [row(f"{each}{attempt}", state, minute, seconds) for each in (name, "executor") for attempt in ("", "(0)")]
    return [*driver, *own]


def forget_surroundings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves kfp's client no cluster and no settings of whoever runs the tests.

    Args:
        home: a folder where it may look for them.
    """
    for name in ("ENDPOINT", "UI_ENDPOINT", "TOKEN", "SA_TOKEN_PATH"):
        monkeypatch.delenv(f"KF_PIPELINES_{name}", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    # Read from KUBECONFIG when the module is imported.
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(home / "no-kubeconfig"))
    monkeypatch.setattr(kfp.Client, "_LOCAL_KFP_CONTEXT", str(home / "no-kfp" / "context.json"))


@contextmanager
def serving(fake: FakeKfp) -> Iterator[str]:
    """Serves ``fake``; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one packet: of two, the second waits 40 ms for the client's delayed ACK

        def _handle(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_file = (self.headers.get("Content-Type") or "").startswith("multipart/")
            body = {} if is_file else json.loads(content or b"{}")
            answer = fake.answer(self.command, self.path, body, self.headers.get("authorization"))
            said = answer.body.encode()
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(said)))
                if answer.location:
                    self.send_header("Location", answer.location)
                self.end_headers()
                self.wfile.write(said)
            except (BrokenPipeError, ConnectionResetError):  # the client waits no longer
                self.close_connection = True

        do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - names that http.server looks for

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.block_on_close = False  # connections stay open as long as a client is
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
