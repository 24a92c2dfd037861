"""The pipelines' part, before a server that behaves like Kubeflow Pipelines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
import yaml

from acceptance import claim, pipeline_runs
from acceptance.claim import MARK, Note
from acceptance.cluster import Cluster
from acceptance.errors import AcceptanceError
from acceptance.settings import PipelinesAccess, Settings
from autogan_kubeflow.pipelines.catalogue import compile_to
from autogan_kubeflow.pipelines.placement import PipelinePlacement
from autogan_kubeflow.pipelines.remote import runs as remote
from autogan_kubeflow.pipelines.remote.runs import RunFailedError
from tests.acceptance.fake_api_server import FakeApiServer
from tests.pipelines.fake_kfp_api import FakeKfp, forget_surroundings, serving

CONFIG_MAP = "/api/v1/namespaces/kubeflow/configmaps/autogan"


@cache
def compiled_text(pipeline: str, placement: PipelinePlacement) -> str:
    """A compiled pipeline, once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        compile_to(pipeline, placement, path)
        return path.read_text()


@pytest.fixture(autouse=True)
def _compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling takes seconds."""

    def write(pipeline: str, placement: PipelinePlacement, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(compiled_text(pipeline, placement))

    monkeypatch.setattr(pipeline_runs, "compile_to", write)


@pytest.fixture
def kfp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeKfp:
    """A server for one user, whose runs succeed at once."""
    forget_surroundings(tmp_path, monkeypatch)
    monkeypatch.setattr(remote, "POLL_S", 0.0)
    server = FakeKfp()
    create = server._create

    def succeed(kind: str, body: dict[str, object]) -> object:
        made = create(kind, body)
        if isinstance(made, dict) and kind == "runs":
            made["state"] = "SUCCEEDED"
        return made

    monkeypatch.setattr(server, "_create", succeed)
    return server


@pytest.fixture
def access(kfp: FakeKfp, cluster: Cluster) -> Iterator[PipelinesAccess]:
    """The way to it. After `cluster`, which a kubeconfig leads to."""
    with serving(kfp) as host:
        yield PipelinesAccess(host=host)


def run(cluster: Cluster, settings: Settings, access: PipelinesAccess) -> Note:
    """Runs both pipelines; returns the note that is left."""
    pipeline_runs.run_pipelines(cluster, settings, access, claim.claim(cluster, settings))
    note = claim.read(cluster, settings.namespace)
    assert note is not None
    return note


def test_without_an_installation_there_is_nothing_to_run(cluster: Cluster, server: FakeApiServer) -> None:
    """It is looked for where it should be; an address that was given is believed."""
    assert not pipeline_runs.is_there(cluster, PipelinesAccess())
    assert pipeline_runs.is_there(cluster, PipelinesAccess(host="https://kubeflow.example.org"))
    server.put("/api/v1/namespaces/kfp/services/ml-pipeline")
    assert pipeline_runs.is_there(cluster, PipelinesAccess(namespace="kfp"))


@pytest.mark.slow
def test_both_pipelines_run_small_on_the_test_s_store(
    cluster: Cluster, server: FakeApiServer, settings: Settings, kfp: FakeKfp, access: PipelinesAccess
) -> None:
    """With the image under test and no GPU; the search in the test's namespace by Katib; the second evaluates what the
    first has found. The steps' account may search there, and the steps are told of the emulator."""
    run(cluster, settings, access)
    search, transfer = kfp.runs
    given = search["runtime_config"]["parameters"]
    assert given["search_backend"] == "katib"
    assert given["katib_namespace"] == settings.namespace
    assert "run_store_uri" not in given
    assert server.objects[CONFIG_MAP]["data"]["AUTOGAN_STORE"] == settings.store_uri
    assert transfer["runtime_config"]["parameters"]["architectures_search_run"] == given["run_name"]
    specification = search["pipeline_spec"]["pipeline_spec"]
    containers = [e["container"] for e in specification["deploymentSpec"]["executors"].values() if "container" in e]
    assert {container["image"] for container in containers} == {settings.runtime_image}
    assert not any("accelerator" in container.get("resources", {}) for container in containers)
    [binding] = [o for path, o in server.objects.items() if "/rolebindings/" in path]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "pipeline-runner", "namespace": "kubeflow"}]
    assert server.objects[CONFIG_MAP]["data"]["STORAGE_EMULATOR_HOST"] == settings.emulator_host


def test_everything_of_it_is_taken_away(
    cluster: Cluster, server: FakeApiServer, settings: Settings, kfp: FakeKfp, access: PipelinesAccess
) -> None:
    """Runs that still go on are stopped first; others' runs and experiments stay."""
    note = run(cluster, settings, access)
    kfp.experiments.append({"experiment_id": "theirs", "display_name": "theirs", "created_at": "2026-01-01T00:00:00Z"})
    kfp.runs[0]["state"] = "RUNNING"
    pipeline_runs.take_away(cluster, access, note)
    assert [each["experiment_id"] for each in kfp.experiments] == ["theirs"]
    assert kfp.runs == []
    assert CONFIG_MAP not in server.objects
    with pytest.raises(AcceptanceError, match="start this again without skipping the pipelines"):
        pipeline_runs.take_away(cluster, None, note)
    pipeline_runs.take_away(cluster, None, replace(note, pipelines_namespace=None))


def test_a_config_map_that_is_there_is_left_alone(
    cluster: Cluster, server: FakeApiServer, settings: Settings, kfp: FakeKfp, access: PipelinesAccess
) -> None:
    """With a bucket it does; of an emulator the steps cannot be told then, and nothing is started."""
    server.put(CONFIG_MAP, data={"AUTOGAN_STORE": "gs://theirs/autogan"})
    with pytest.raises(AcceptanceError, match="kubeflow/autogan, which is there and is left alone"):
        run(cluster, settings, access)
    assert kfp.runs == []
    server.objects = {path: o for path, o in server.objects.items() if settings.namespace not in path}
    with_bucket = replace(settings, store="gs://bucket")
    note = run(cluster, with_bucket, access)
    assert {run["runtime_config"]["parameters"]["run_store_uri"] for run in kfp.runs} == {with_bucket.store_uri}
    pipeline_runs.take_away(cluster, access, note)
    assert server.objects[CONFIG_MAP]["data"] == {"AUTOGAN_STORE": "gs://theirs/autogan"}
    assert MARK.items().isdisjoint(server.objects[CONFIG_MAP]["metadata"].items())


def test_a_run_that_fails_ends_the_part(
    cluster: Cluster, settings: Settings, kfp: FakeKfp, access: PipelinesAccess, said: StringIO
) -> None:
    """The second is not started; the first can be looked up by what was printed."""
    failing = kfp._create

    def fail(kind: str, body: dict[str, object]) -> object:
        made = failing(kind, body)
        if isinstance(made, dict) and kind == "runs":
            made["state"] = "FAILED"
        return made

    kfp._create = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(RunFailedError):
        run(cluster, settings, access)
    assert len(kfp.runs) == 1
    assert f"mlas-search: run {kfp.runs[0]['run_id']}, " in said.getvalue()


def test_what_is_compiled_can_be_looked_at(cluster: Cluster, settings: Settings, access: PipelinesAccess) -> None:
    """It lies with the report."""
    run(cluster, settings, access)
    names = {path.name for path in (settings.folder / "pipelines").iterdir()}
    assert names == {"mlas_search.yaml", "transfer_evaluation.yaml"}
    assert next(yaml.safe_load_all((settings.folder / "pipelines" / "mlas_search.yaml").read_text()))
