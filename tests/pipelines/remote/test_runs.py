"""Submitting pipelines to a server, following runs and looking at them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from autogan_core.errors import AutoGANError, ConfigError
from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.pipeline_run.record import PipelineRun, StepRecord
from autogan_kubeflow.pipelines import catalogue
from autogan_kubeflow.pipelines.remote import runs as remote
from autogan_kubeflow.pipelines.remote.connection import Server
from autogan_kubeflow.pipelines.remote.rest import PipelinesUnavailableError
from autogan_kubeflow.pipelines.remote.runs import Order, RunFailedError, follow, submit
from tests.pipelines.fake_kfp_api import LOGIN_PAGE, NAME, FakeKfp, failure, package_text, row, step_rows

WEEKLY = "0 0 3 * * MON"


# --- submit


def test_submit_sends_what_was_asked_for(autogan: Callable[..., str], fake: FakeKfp, host: str) -> None:
    """One experiment and one run, with both parts of the package; prints id and page, and nothing of kfp's."""
    options = ["--run-name", "mine", "--pipeline-root", "gs://bucket/r", "--service-account", "sa", "--experiment", "x"]
    output = autogan("submit", NAME, "--param", "seeds=1,2", *options)
    (run,) = fake.runs
    assert output == f"run {run['run_id']}: {host}/#/runs/details/{run['run_id']}\n"
    assert run["display_name"] == "mine"
    assert run["runtime_config"] == {"parameters": {"seeds": "1,2"}, "pipeline_root": "gs://bucket/r"}
    assert run["service_account"] == "sa"
    spec, platform = yaml.safe_load_all(package_text())
    assert run["pipeline_spec"] == {"pipeline_spec": spec, "platform_spec": platform}
    assert [each["display_name"] for each in fake.experiments] == ["x"]
    autogan("submit", NAME, "--experiment", "x")
    assert len(fake.experiments) == 1


@pytest.mark.parametrize("pipeline", catalogue.PIPELINES)
def test_the_committed_packages_are_taken(server: Server, fake: FakeKfp, pipeline: str) -> None:
    """Each is the pipeline of its name, and kfp's client reads it and sends it on with its drop-downs."""
    order = Order(pipeline=pipeline, package=catalogue.compiled(pipeline), arguments={}, experiment="autogan")
    submit(server, order, "mine")
    sent = fake.runs[0]["pipeline_spec"]
    specification = sent.get("pipeline_spec", sent)
    assert specification["pipelineInfo"]["name"] == pipeline
    presets = specification["root"]["inputDefinitions"]["parameters"]["settings_preset"]["literals"]
    assert presets == ["cifar10", "digits", "fashion-mnist", "folder-128", "folder-64", "stl10"]


def test_no_cache_turns_every_task_s_cache_off(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """Without it the compiled setting stands."""
    autogan("submit", NAME)
    autogan("submit", NAME, "--no-cache")
    tasks = [run["pipeline_spec"]["pipeline_spec"]["root"]["dag"]["tasks"]["prepare-data"] for run in fake.runs]
    assert [task["cachingOptions"] for task in tasks] == [{"enableCache": True}, {}]


def test_the_namespace_goes_with_everything(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """The experiment is looked for and made in it; listings name it."""
    fake.multi_user = True
    autogan("submit", NAME, "--namespace", "team-a")
    autogan("schedule", NAME, "--cron", WEEKLY, "--namespace", "team-a")
    autogan("status", "--namespace", "team-a")
    assert fake.experiments[0]["namespace"] == fake.runs[0]["namespace"] == "team-a"
    assert len(fake.experiments) == len(fake.recurringruns) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["submit", "other"], "there is no pipeline 'other'"),
        (["submit", NAME, "--param", "unknown=1"], "no parameter 'unknown'"),
        (["submit", NAME, "--file", "absent.yaml"], "absent.yaml cannot be read"),
        (["schedule", NAME, "--cron", "0 3 * * 1"], "written '0 0 3 \\* \\* 1' here"),
        (["schedule", NAME, "--cron", "0 0 3 30 2 ?"], "does not fire"),
        (["schedule", NAME], "needs --cron"),
        (["schedule", "other", "--cron", WEEKLY], "there is no pipeline 'other'"),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(
    autogan: Callable[..., str], fake: FakeKfp, arguments: list[str], says: str
) -> None:
    """Not even the health of the server is asked for."""
    with pytest.raises(ConfigError, match=says):
        autogan(*arguments)
    assert fake.requests == []


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.yaml", package_text("mlas-search"), "is not the pipeline 'transfer-evaluation' but mlas-search"),
        ("a.yaml", "just: yaml", "but no compiled pipeline at all"),
        ("a.yaml", "", "but no compiled pipeline at all"),
        ("a.yaml", "{", "cannot be read"),
        ("a.json", package_text(), "give a .yaml file"),
    ],
)
def test_another_package_must_be_this_pipeline(
    autogan: Callable[..., str], fake: FakeKfp, tmp_path: Path, name: str, content: str, says: str
) -> None:
    """--file takes no other pipeline and no other file; the message is one line."""
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError, match=says) as caught:
        autogan("submit", NAME, "--file", str(tmp_path / name))
    assert "\n" not in str(caught.value)
    assert fake.requests == []


@pytest.mark.parametrize("command", [["submit", NAME], ["schedule", NAME, "--cron", WEEKLY]])
def test_a_dry_run_sends_nothing(autogan: Callable[..., str], fake: FakeKfp, command: list[str]) -> None:
    """It prints arguments and destination."""
    output = autogan(*command, "--param", "top_k=3", "--dry-run")
    assert "top_k: '3'" in output
    assert output.endswith("nothing was sent\n")
    assert fake.requests == []


@pytest.mark.parametrize("command", [["submit", NAME], ["schedule", NAME, "--cron", WEEKLY], ["status"]])
def test_a_login_page_creates_nothing(autogan: Callable[..., str], fake: FakeKfp, command: list[str]) -> None:
    """Every command stops at the first answer."""
    fake.instead["GET"] = [LOGIN_PAGE]
    with pytest.raises(AutoGANError, match="probably to log in"):
        autogan(*command)
    assert len(fake.requests) == 1


def test_the_server_s_refusal_is_quoted(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """What KFP says of a run that it does not take stands in the message."""
    fake.experiments.append({"experiment_id": "e", "display_name": "autogan", "created_at": "2026-01-01T00:00:00Z"})
    fake.instead["POST"] = [failure(400, "Invalid input error: unknown template format")]
    with pytest.raises(AutoGANError, match="refuses the request \\(400: Invalid input error: unknown template format"):
        autogan("submit", NAME)


# --- following a run


def update(state: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What has changed of a run."""
    return {"state": state, "run_details": {"task_details": list(rows)}, **more}


def follow_through(server: Server, fake: FakeKfp, *progress: dict[str, Any]) -> list[str]:
    """What is reported, without the times of day."""
    specification = next(yaml.safe_load_all(package_text()))
    begun = {"run_id": "r", "created_at": "2026-11-22T10:00:00Z", "state": "PENDING"}
    fake.runs = [begun | {"pipeline_spec": specification}]
    fake.progress["r"] = list(progress)
    lines: list[str] = []
    follow(server, "r", lines.append)
    return [line.partition("  ")[2] for line in lines]


def test_following_reports_each_change_once(server: Server, fake: FakeKfp) -> None:
    """States of the pipeline's steps as they change, by the names that the UI shows, those of a loop numbered; nothing
    of the drivers, executors, attempts and levels that KFP adds."""
    levels = [row(name, "RUNNING", 0) for name in ("run-x", "root", "root(0)", "for-loop-1", "iteration(0:0)")]
    data, first = step_rows("prepare-data", "SUCCEEDED", 1, 60), step_rows("retrain", "RUNNING", 3)
    second, omitted = step_rows("retrain", "RUNNING", 4), row("summarize", "RUNTIME_STATE_UNSPECIFIED")
    lines = follow_through(
        server,
        fake,
        {"state": "RUNNING"},
        update("RUNNING", *levels, *step_rows("prepare-data", "RUNNING", 1)),
        update("RUNNING", *levels, *data, *first, *second, omitted),
        update("RUNNING", *levels, *data, *first, *second, omitted),
        update("SUCCEEDED", *levels, *data, *first, *step_rows("summarize", "SUCCEEDED", 8, 1)),
    )
    assert lines == [
        "Prepare data: RUNNING",
        "Prepare data: SUCCEEDED",
        "Train to the end #1: RUNNING",
        "Train to the end #2: RUNNING",
        "Summary: SUCCEEDED",
    ]


def test_a_pod_without_a_node_is_told_once(server: Server, fake: FakeKfp) -> None:
    """The step counts as running then, so the line says how to see what its pod waits for."""
    waiting = [*step_rows("prepare-data", "RUNNING", 1)[:3], row("executor(0)", "PENDING", 1)]
    lines = follow_through(
        server, fake, update("RUNNING", *waiting), update("RUNNING", *waiting), {"state": "SUCCEEDED"}
    )
    assert lines == [
        "Prepare data: RUNNING",
        "a pod is pending; why says: kubectl describe pods --namespace kubeflow --selector pipeline/runid=r",
    ]


def test_a_driver_that_fails_is_shown(server: Server, fake: FakeKfp) -> None:
    """Its step never begins, and without it the run would fail without a trace."""
    failed = [row(f"retrain-driver{attempt}", "FAILED", 4, 9) for attempt in ("", "(0)")]
    with pytest.raises(RunFailedError, match="the run r ended as FAILED: kubectl logs --namespace kubeflow --selector"):
        follow_through(server, fake, update("FAILED", *failed, row("retrain", "RUNTIME_STATE_UNSPECIFIED")))


@pytest.mark.parametrize(
    ("state", "history", "ended"),
    [
        ("FAILED", ["RUNNING", "FAILED"], "FAILED"),
        ("FAILED", ["RUNNING", "CANCELING", "FAILED"], "CANCELED"),
        ("CANCELED", [], "CANCELED"),
        ("SKIPPED", [], "SKIPPED"),
    ],
)
def test_a_run_without_success_is_an_error(
    server: Server, fake: FakeKfp, tmp_path: Path, state: str, history: list[str], ended: str
) -> None:
    """The error names the run's end, a cancellation by its history, and gives the reasons: KFP's, where it has any, and
    those that the steps have left in the run store, where it can be read."""
    job = PipelineRun(DirectoryStore(tmp_path), "r")
    title = "Train 1011-10011-10103 to 500 steps (rung 4 of 4)"
    failed = StepRecord.begin("retrain-1011-10011-10103", "", 1, 3, title)
    job.note(failed.fail("CUDA is out\nof memory", final=True))
    job.note(StepRecord.begin("retrain-1111-11110-11110", "", 1, 3).succeed())
    lost = StepRecord.begin("search", "", 1, 1)
    job.note(lost)
    error = {"code": 2, "message": "exit code 1:\n  no quota"}
    own = row("prepare-data", "FAILED", 1, 1, error=error)
    states = [{"update_time": "2026-11-22T10:00:00Z", "state": each} for each in history]
    end = update(state, own, error={"code": 2, "message": "1 task failed"}, state_history=states)
    with pytest.raises(RunFailedError) as caught:
        follow_through(server, fake, end | {"runtime_config": {"parameters": {"run_store_uri": str(tmp_path)}}})
    assert str(caught.value) == (
        f"the run r ended as {ended}: 1 task failed; Prepare data: exit code 1: no quota; "
        "Train 1011-10011-10103 to 500 steps (rung 4 of 4) (attempt 1 of 3): CUDA is out of memory; "
        f"search: began at {lost.began} and never ended; its pod was stopped, deleted or killed"
    )


def test_an_outage_is_survived_unless_it_is_long(
    server: Server, fake: FakeKfp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four failures in a row use up a request's repetitions; the run is followed on, but not for ever."""
    fake.instead["GET"] = [failure(503, "upgrading")] * 4
    monkeypatch.setattr("urllib3.Retry.sleep", lambda *_: None)
    lines = follow_through(server, fake, {"state": "SUCCEEDED"})
    assert len(lines) == 1 and "still trying" in lines[0] and "503: upgrading" in lines[0]
    monkeypatch.setattr(remote, "OUTAGE_S", -1.0)
    fake.instead["GET"] = [failure(503, "upgrading")] * 4
    with pytest.raises(PipelinesUnavailableError):
        follow_through(server, fake, {"state": "SUCCEEDED"})


def test_interrupting_the_wait_does_not_advise_a_second_run(
    autogan: Callable[..., str], fake: FakeKfp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the following, and the message names the command that looks at the run."""

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(remote, "follow", interrupted)
    with pytest.raises(AutoGANError, match="the run goes on: autogan pipeline status"):
        autogan("submit", NAME, "--wait")
    assert len(fake.runs) == 1


# --- status


def test_status_lists_our_runs_and_schedules(autogan: Callable[..., str], fake: FakeKfp, package: Path) -> None:
    """The newest first; others' are left out; runs of an uploaded pipeline are known by its specification."""
    assert autogan("status").splitlines() == [
        "no runs of these pipelines",
        "",
        "no schedules made by 'autogan pipeline schedule'",
    ]
    for number in range(3):
        autogan("submit", NAME, "--run-name", f"run-{number}")
    fake.runs[0] |= {"state": "SUCCEEDED", "created_at": "2026-01-22T10:00:00Z", "finished_at": "2026-01-22T11:02:03Z"}
    fake.runs[1]["pipeline_spec"] = {"pipelineInfo": {"name": "other"}}
    del fake.runs[2]["pipeline_spec"]
    fake.runs[2]["pipeline_version_reference"] = {"pipeline_id": "p", "pipeline_version_id": "v"}
    fake.versions["v"] = {"pipeline_spec": yaml.safe_load(package_text().split("---")[0])}
    autogan("schedule", NAME, "--cron", WEEKLY)
    autogan("schedule", NAME, "--cron", WEEKLY, "--name", "paused")
    fake.recurringruns[1]["mode"] = "DISABLE"
    lines = [" ".join(line.split()) for line in autogan("status").splitlines()]
    assert lines[0] == "run id state started (UTC) duration"
    assert lines[1].startswith(f"run-2 {fake.runs[2]['run_id']} PENDING 20")
    assert lines[2] == f"run-0 {fake.runs[0]['run_id']} SUCCEEDED 2026-01-22 10:00:00 1 h 02 min"
    assert lines[3] == ""
    assert lines[5] == f"paused {fake.recurringruns[1]['recurring_run_id']} At 03:00 on Monday switched off"
    assert lines[6].startswith(f"{NAME} {fake.recurringruns[0]['recurring_run_id']} At 03:00 on Monday 20")
    assert lines[6].endswith("03:00:00 enabled")
    assert len(lines) == 7


def test_status_of_one_run(
    autogan: Callable[..., str], fake: FakeKfp, host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its steps in the order of their beginning with what they took, reasons, and where outputs, logs and page are. A
    run from the UI has its specification in the uploaded version, and the store may be known from surroundings."""
    autogan("submit", NAME, "--run-name", "mine", "--pipeline-root", "gs://bucket/r")
    run_id = fake.runs[0]["run_id"]
    fake.versions["v"] = {"pipeline_spec": fake.runs[0].pop("pipeline_spec")}
    fake.runs[0] |= update(
        "FAILED",
        *step_rows("retrain", "FAILED", 5, 30),
        *step_rows("prepare-data", "SUCCEEDED", 1, 180),
        row("retrain-driver", "FAILED", 4),
        row("summarize", "PENDING"),
        created_at="2026-11-22T10:00:00Z",
        finished_at="2026-11-22T10:06:00Z",
        pipeline_version_reference={"pipeline_id": "p", "pipeline_version_id": "v"},
    )
    monkeypatch.setenv("AUTOGAN_STORE", str(tmp_path / "store"))
    failed = StepRecord.begin("prepare-data", "", 1, 1).fail("no such folder", final=True)
    PipelineRun(DirectoryStore(tmp_path / "store"), run_id).note(failed)
    selected = f"--selector pipeline/runid={run_id}"
    lines = [" ".join(line.split()) for line in autogan("status", run_id).splitlines()]
    assert lines == [
        "mine: FAILED 6 min 00 s",
        "step state started (UTC) duration",
        "Prepare data SUCCEEDED 2026-11-22 10:01:00 3 min 00 s",
        "Train to the end (KFP's preparation) FAILED 2026-11-22 10:04:00",
        "Train to the end #1 FAILED 2026-11-22 10:05:00 0 min 30 s",
        "Summary PENDING",
        "reason: Prepare data: no such folder",
        f"logs: kubectl logs --namespace kubeflow {selected} --container main --tail 3 --prefix",
        f"outputs: gs://bucket/r/{NAME}/{run_id}",
        f"page: {host}/#/runs/details/{run_id}",
    ]


def test_reasons_that_cannot_be_read(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """It is said where they lie, and why they are not shown."""
    autogan("submit", NAME, "--param", "run_store_uri=s3://b")
    fake.runs[0]["state"] = "FAILED"
    run_id = fake.runs[0]["run_id"]
    expected = f"reason: what the steps say lies in s3://b/jobs/{run_id}, which cannot be read from here: 's3://b' has "
    assert expected in autogan("status", run_id)


def test_a_run_whose_version_is_gone(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """Its steps have the names of our pipelines, and its outputs' place leaves out what is not known."""
    autogan("submit", NAME)
    run_id = fake.runs[0]["run_id"]
    del fake.runs[0]["pipeline_spec"]
    fake.runs[0]["pipeline_version_reference"] = {"pipeline_id": "p", "pipeline_version_id": "v"}
    fake.runs[0] |= update("RUNNING", *step_rows("evaluate", "RUNNING", 5))
    lines = autogan("status", run_id).splitlines()
    assert lines[2].startswith("Score #1  RUNNING")
    assert lines[3].startswith(f"outputs: {run_id} in the installation's pipeline root (minio://")


def test_cancel(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """A run is cancelled by KFP's own means; one that has ended is left alone."""
    autogan("submit", NAME)
    run_id = fake.runs[0]["run_id"]
    assert autogan("cancel", run_id).startswith("cancelled; the Summary step still runs")
    assert fake.runs[0]["state"] == "CANCELING"
    fake.runs[0]["state"] = "FAILED"
    assert autogan("cancel", run_id) == f"the run has ended already: {run_id}\n"
    assert fake.written[-1] == f"POST runs/{run_id}:terminate"


def test_status_of_a_run_that_is_not_there(autogan: Callable[..., str]) -> None:
    """One sentence, and no traceback of kfp's."""
    with pytest.raises(ConfigError, match="there is no run 'nope'"):
        autogan("status", "nope")


def test_outputs_without_a_root_are_found_by_the_installation_s(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """The folder below it is told, and what the root is unless it was changed."""
    autogan("submit", NAME)
    run_id = fake.runs[0]["run_id"]
    assert f"outputs: {NAME}/{run_id} in the installation's pipeline root (minio://" in autogan("status", run_id)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pipeline-root", "runs"], "pipeline_root is 'runs', which is a folder, and pods share none; give gs://"),
        (["--pipeline-root", "gs:/bucket"], "pipeline_root is 'gs:/bucket', which is misspelt; write gs://bucket"),
        (["--pipeline-root", "gs://"], "pipeline_root is 'gs://', which names no bucket"),
        (["--service-account", "My SA"], "service_account is 'My SA'; write a name"),
        (["--namespace", "My NS"], "namespace is 'My NS'; write a name of at most 63"),
    ],
)
def test_what_the_cluster_would_refuse_is_not_sent(
    autogan: Callable[..., str], fake: FakeKfp, options: list[str], message: str
) -> None:
    """One sentence, and no request."""
    for command in (["submit", NAME], ["schedule", NAME, "--cron", "0 0 3 * * MON"]):
        with pytest.raises(ConfigError, match=message):
            autogan(*command, *options)
    assert not fake.runs and not fake.recurringruns


def test_kubeflows_own_storage_may_be_the_root(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """Its outputs may lie in MinIO or S3, which run stores may not."""
    autogan("submit", NAME, "--pipeline-root", "minio://mlpipeline/v2/artifacts")
    assert fake.runs[0]["runtime_config"]["pipeline_root"] == "minio://mlpipeline/v2/artifacts"
