"""The search step with Katib: its Experiment from the form to the summary, on a bucket and an API server over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kfp import dsl

from autogan_core.errors import ConfigError
from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.katib_experiments import build_experiment
from autogan_kubeflow.components.katib_search.connection import default_namespace
from autogan_kubeflow.components.katib_search.ownership import OWNER
from autogan_kubeflow.components.manifest_checks import check_document
from autogan_kubeflow.components.pipeline_run.katib import experiment_name, katib_request
from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE, PipelineRun, StepRecord
from autogan_kubeflow.components.pipeline_run.runs import StoreRef
from autogan_kubeflow.components.step_runtime.attempts import NODE_VARIABLE
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.steps.prepare_data import prepare_data
from autogan_kubeflow.components.steps.search import search
from autogan_kubeflow.components.steps.summarize import summarize
from tests.components.fake_kubernetes import FakeKubernetes, Fault
from tests.components.json_server import write_kubeconfig
from tests.components.katib_player import playing
from tests.components.kubernetes_server import serving
from tests.components.scripted_katib import CONFIG, local_records, player
from tests.components.step_runtime.process import restored_process
from tests.core.conftest import BUCKET, fake_gcs, gcs  # noqa: F401 - fixtures

OVERRIDES = (
    "search.iterations=4",
    "search.controller_steps=2",
    "search.num_candidates=2",
    "search.top_k=2",
    "search.training_draws=2",
    "search.controller.hidden_dim=8",
    "search.reward.score=inception-score",
    "retrain.num_architectures=2",
    "retrain.pool=null",
    "retrain.incumbents=[]",
    "data.max_images=64",
    "scores.splits=2",
)
KATIB = {"katib_namespace": "autogan", "experiment_name": "", "trial_workers": 1, "timeout_hours": 0.0}
WISHES: dict[str, Any] = {"namespace": "autogan", "name": "", "workers": 0, "timeout_hours": 0.0, "keep": False}
FORM: dict[str, Any] = {
    **KATIB,
    "pipeline_run": "one",
    "pipeline": "mlas-search",
    "preset": "digits",
    "overrides": "\n".join(OVERRIDES),
    "dataset": "",
    "data_uri": "",
    "seed": 3,
    "reward": "",
    "top_k": -1,
    "pool": -1,
    "retrain_iterations": -1,
    "backend": "katib",
    "run": "",
    "max_rungs": 3,
}


@pytest.fixture(autouse=True)
def _process(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    gcs: object,  # noqa: F811
) -> Iterator[None]:
    """A pod of a pipeline, with a way to the cluster."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(tmp_path_factory.getbasetemp() / "autogan-cache"))
    monkeypatch.setenv(PIPELINE_RUN_VARIABLE, "one")
    # The client reads KUBECONFIG when it is imported.
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("AUTOGAN_TRIAL_IMAGE", "registry.test/runtime@sha256:" + "1" * 64)
    monkeypatch.setenv("AUTOGAN_TRIAL_DEVICE", "cpu")
    monkeypatch.setenv("AUTOGAN_TRIAL_MEMORY", "3Gi")
    with restored_process():
        yield


@pytest.fixture
def store() -> str:
    """URI of an empty run store."""
    return f"gs://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture
def kubernetes(tmp_path: Path) -> Iterator[FakeKubernetes]:
    """The cluster's API server."""
    server = FakeKubernetes()
    with serving(server) as url:
        write_kubeconfig(tmp_path / "kubeconfig", int(url.rpartition(":")[2]))
        yield server


def artifact(folder: Path, kind: type[Any] = dsl.Artifact) -> Any:
    """One that kfp would hand to a step."""
    return kind(name="artifact", uri=str(folder / uuid.uuid4().hex), metadata={})


def searched(reference: str, store: str, folder: Path, **changes: Any) -> list[str]:
    """The search step."""
    arguments = {**KATIB, "keep_experiment": False, **changes}
    outputs = {
        "rungs": str(folder / uuid.uuid4().hex),
        "history": artifact(folder),
        "metrics": artifact(folder, dsl.Metrics),
    }
    found: list[str] = search.python_func(run=reference, backend="katib", store=store, **arguments, **outputs)
    return found


def prepared(store: str, folder: Path, **changes: Any) -> str:
    """The prepare-data step."""
    reference: str = prepare_data.python_func(**FORM | changes, store=store, data=artifact(folder, dsl.Dataset))
    return reference


def test_a_search_under_katib_finds_what_a_local_one_finds(
    store: str, kubernetes: FakeKubernetes, tmp_path: Path
) -> None:
    """The step returns the local search's best, keeps its history, and removes the Experiment; another attempt needs no
    cluster any more."""
    reference = prepared(store, tmp_path)
    with playing(kubernetes, player(kubernetes)):
        found = searched(reference, store, tmp_path)
    beams = MultiLevelSearch(CONFIG.search_space(), CONFIG.search, CONFIG.seed).beams(local_records(CONFIG))
    assert [(LoopItem.loads(w).parsed, LoopItem.loads(w).reward) for w in found] == [
        (b.architecture, b.reward) for b in beams
    ]
    assert kubernetes.find("experiments") is None
    [created] = [request.body for request in kubernetes.requests if request.verb == "create"]
    assert created["metadata"]["annotations"]["autogan-kubeflow/owner"] == f"{store}/{reference}"
    assert created["metadata"]["name"] == experiment_name("digits", reference, store)
    assert check_document(created) == []
    assert_trials_are_placed(created, reference, store)
    (tmp_path / "kubeconfig").unlink()
    assert searched(reference, store, tmp_path) == found


def test_a_search_without_the_weights_that_trainings_want_is_not_kept(
    store: str, kubernetes: FakeKubernetes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Trials that have left no weights fail the step, which keeps no history: another attempt looks again."""
    widths = [f"{part}.{net}_channels=8" for part in ("search", "retrain") for net in ("generator", "discriminator")]
    reference = prepared(store, tmp_path, overrides="\n".join([*OVERRIDES, *widths, "retrain.start=shared"]))
    with playing(kubernetes, player(kubernetes)), pytest.raises(SystemExit):
        searched(reference, store, tmp_path)
    assert "holds no weights of the search, from which retrain.start=shared goes on" in capfd.readouterr().err
    assert not StoreRef(store, tmp_path / "cache", "cpu").records(reference).history


def assert_trials_are_placed(experiment: dict[str, Any], reference: str, store: str) -> None:
    """Trials have the pipeline's image, resources, store and the very images that were prepared."""
    replicas = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["pytorchReplicaSpecs"]
    assert replicas["Worker"]["replicas"] == 1
    [container] = replicas["Master"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable["value"] for variable in container["env"]}
    assert container["image"].startswith("registry.test/runtime@sha256:")
    assert container["resources"]["limits"] == {"cpu": "4", "memory": "3Gi"}
    assert (environment["AUTOGAN_STORE"], environment["AUTOGAN_DEVICE"]) == (store, "cpu")
    assert "data.fingerprint=" in environment["AUTOGAN_SET"]


def test_trials_go_where_the_pipeline_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queue, priority and node pools are the trials', too; what is not said is the default."""
    said = {"queue": "team", "priority_class": "low", "node_selector": "pool=search,zone=a", "tolerations": "spot"}
    assert katib_request(CONFIG, "run", "gs://bucket/p", **WISHES).placement.tolerations == ()
    for field, value in said.items():
        monkeypatch.setenv(f"AUTOGAN_TRIAL_{field.upper()}", value)
    placement = katib_request(CONFIG, "run", "gs://bucket/p", **WISHES).placement
    assert (placement.queue, placement.priority_class) == ("team", "low")
    assert (placement.node_selector, placement.tolerations) == (("pool=search", "zone=a"), ("spot",))


def test_a_refused_experiment_is_the_webhooks_word(
    store: str,
    kubernetes: FakeKubernetes,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The step ends with the whole message, and so does a pod that Argo makes then, without asking again."""
    reference = prepared(store, tmp_path)
    word = 'admission webhook "validator.experiment.katib.kubeflow.org" denied the request: no such algorithm'
    kubernetes.trouble = lambda request: Fault(status=400, message=word) if request.verb == "create" else None
    for argo_tries in range(2):
        monkeypatch.setenv(NODE_VARIABLE, f"w.root.search.executor({argo_tries})")
        with pytest.raises(SystemExit) as caught:
            searched(reference, store, tmp_path)
        assert caught.value.code == 1
        assert "no such algorithm" in capfd.readouterr().err
    assert sum(request.verb == "create" for request in kubernetes.requests) == 1


def abandoned(kubernetes: FakeKubernetes, store: str, folder: Path) -> None:
    """A search step that went without a word, and its Experiment that still runs."""
    reference = prepared(store, folder)
    request = katib_request(CONFIG, reference, store, **WISHES)
    document = build_experiment(request.name, CONFIG, request.placement)
    kubernetes.put(
        "experiments", {**document, "metadata": {**document["metadata"], "annotations": {OWNER: request.owner}}}
    )


def summed_up(store: str, folder: Path, state: str) -> str:
    """What the summary says."""
    summary = artifact(folder, dsl.Markdown)
    status = SimpleNamespace(state=state, error_message="")
    summarize.python_func(status=status, pipeline_run="one", store=store, summary=summary)
    return Path(summary.path).read_text()


def note_search(store: str, folder: Path, reason: str, *, final: bool) -> None:
    """What the search step said when it failed."""
    record = StepRecord.begin("search", "w-impl-77", 1, 3).fail(reason, final=final)
    PipelineRun(StoreRef(store, folder / "cache", "cpu").store, "one").note(record)


def put_workflow(kubernetes: FakeKubernetes, status: dict[str, Any] | None = None, **spec: int) -> None:
    """The pipeline run as Argo has it."""
    metadata = {"name": "mlas-search-x", "labels": {"pipeline/runid": "one"}}
    kubernetes.put("workflows", {"metadata": metadata, "spec": spec, "status": status})


def test_a_cancelled_run_leaves_no_experiment(store: str, kubernetes: FakeKubernetes, tmp_path: Path) -> None:
    """KFP's state says nothing, but the Workflow was told to end: what still runs is removed."""
    abandoned(kubernetes, store, tmp_path)
    put_workflow(kubernetes, activeDeadlineSeconds=0)
    words = summed_up(store, tmp_path, "RUNNING")
    assert words.startswith("# mlas-search cancelled")
    assert "was still running, and was removed" in words
    assert kubernetes.find("experiments") is None


def test_a_lost_step_leaves_its_experiment(store: str, kubernetes: FakeKubernetes, tmp_path: Path) -> None:
    """If nobody cancelled the run, hours of search are not thrown away; the summary says how to go on, or to end it."""
    abandoned(kubernetes, store, tmp_path)
    put_workflow(kubernetes)
    words = summed_up(store, tmp_path, "FAILED")
    assert words.startswith("# mlas-search failed")
    assert (
        "start the pipeline again to go on with it, or run `kubectl -n autogan delete experiment mlas-digits-" in words
    )
    assert kubernetes.find("experiments") is not None


@pytest.mark.parametrize(("noted", "left"), [(False, False), (True, True)])
def test_without_word_of_the_workflow_the_steps_own_counts(
    store: str, kubernetes: FakeKubernetes, tmp_path: Path, noted: bool, left: bool
) -> None:
    """Where the Workflow may not be read, an Experiment stays only if its step could say that it was evicted."""
    abandoned(kubernetes, store, tmp_path)
    put_workflow(kubernetes)
    kubernetes.forbidden.add(("list", "workflows"))
    if noted:
        note_search(store, tmp_path, "its pod goes away", final=False)
    words = summed_up(store, tmp_path, "RUNNING")
    assert ("goes on if it has not ended" in words) == left
    assert (kubernetes.find("experiments") is not None) == left


def test_a_search_that_failed_for_good_leaves_nothing_running(
    store: str, kubernetes: FakeKubernetes, tmp_path: Path
) -> None:
    """Nobody will follow it any more."""
    abandoned(kubernetes, store, tmp_path)
    put_workflow(kubernetes)
    note_search(store, tmp_path, "no permission to watch", final=True)
    assert "**search** failed (attempt 1 of 3): no permission to watch" in summed_up(store, tmp_path, "FAILED")
    assert kubernetes.find("experiments") is None


def test_a_summary_without_a_cluster_says_so(store: str, tmp_path: Path) -> None:
    """Whatever cannot be found out, the summary is written."""
    prepared(store, tmp_path)
    summary = artifact(tmp_path, dsl.Markdown)
    failed = SimpleNamespace(state="FAILED", error_message="")
    summarize.python_func(status=failed, pipeline_run="one", store=store, summary=summary)
    assert "still runs is not known: no cluster is configured" in Path(summary.path).read_text()
    summarize.python_func(status=failed, pipeline_run="one", store="gs://nope-bucket/x", summary=summary)
    words = Path(summary.path).read_text()
    assert words.startswith("# Pipeline run failed\n\n- KFP says: FAILED\n")
    assert "What it left cannot be read: there is no bucket 'nope-bucket'" in words
    assert "its Experiment may still run" in words


def test_a_summary_without_its_store_says_what_argo_saw(
    kubernetes: FakeKubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pod the Workflow is asked; KFP's state alone is no answer, and a missing store is said as well."""
    monkeypatch.setenv("KFP_POD_NAME", "w-impl-1")
    monkeypatch.setattr("autogan_kubeflow.components.pipeline_run.workflow.default_namespace", lambda: "autogan")
    assert summed_up("", tmp_path, "RUNNING").startswith("# Pipeline run ended\n\n- KFP says: RUNNING\n- What it left")
    pod = {"id": "w-77", "name": "w.root.search.executor(0)", "type": "Pod", "phase": "Failed", "message": "Evicted"}
    put_workflow(kubernetes, status={"nodes": {"w-77": pod}})
    words = summed_up("", tmp_path, "RUNNING")
    assert words.startswith("# Pipeline run failed\n\n- **search** failed before it could note anything. Argo says: Ev")
    assert "there is no run store: set the field run_store_uri" in words


@pytest.mark.parametrize("uploaded", [True, False])
def test_a_run_is_done_when_its_page_is_uploaded(
    store: str, kubernetes: FakeKubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uploaded: bool
) -> None:
    """KFP may call it RUNNING for ever; but where the pod of the last step failed after the step, that is said."""
    monkeypatch.setenv("KFP_POD_NAME", "w-impl-1")
    monkeypatch.setattr("autogan_kubeflow.components.pipeline_run.workflow.default_namespace", lambda: "autogan")
    prepared(store, tmp_path)
    pipeline_run = PipelineRun(StoreRef(store, tmp_path / "cache", "cpu").store, "one")
    pipeline_run.keep_page("report", "gs://bucket/report.html")
    pipeline_run.note(StepRecord.begin("report", "w-impl-77", 1, 3).succeed())
    phase = "Succeeded" if uploaded else "Failed"
    pod = {"id": "w-77", "name": "w.root.report.executor(0)", "type": "Pod", "phase": phase, "message": "main: Error"}
    put_workflow(kubernetes, status={"nodes": {"w-77": pod}})
    words = summed_up(store, tmp_path, "RUNNING")
    assert words.startswith(
        "# mlas-search succeeded" if uploaded else "# mlas-search failed\n\n- **report** ended well"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"experiment_name": "Upper"}, "at most 40 lower-case letters"),
        ({"timeout_hours": -1.0}, "katib_timeout_hours is -1"),
        ({"trial_workers": -1}, "katib_trial_workers is -1; set it to a whole number from 0 on"),
    ],
)
def test_wrong_wishes_are_refused_before_anything_is_made(
    store: str, change: dict[str, Any], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first step says what Katib would refuse later."""
    with pytest.raises(SystemExit):
        prepared(store, tmp_path, **change)
    assert message in capfd.readouterr().err


def test_requests_depend_on_the_run_alone() -> None:
    """Equal arguments ask for the same Experiment; another run, or another store, for another."""
    wishes = WISHES | {"namespace": "n", "timeout_hours": 1.5, "keep": True}
    one = katib_request(CONFIG, "a@1", "gs://bucket/x", **wishes)
    assert katib_request(CONFIG, "a@1", "gs://bucket/x/", **wishes).name == one.name
    assert one.timeout_seconds == 5400 and one.keep and one.placement.namespace == "n"
    others = [
        katib_request(CONFIG, *store_ref, **wishes).name
        for store_ref in (("b@1", "gs://bucket/x"), ("a@1", "gs://bucket/y"))
    ]
    assert len({one.name, *others}) == 3
    assert katib_request(CONFIG, "a@1", "gs://bucket/x", **wishes | {"namespace": ""}).placement.namespace == (
        default_namespace()
    )
    with pytest.raises(ConfigError, match="at most 40"):
        katib_request(CONFIG, "a@1", "gs://bucket/x", **wishes | {"name": "x" * 41})
