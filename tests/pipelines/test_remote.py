"""Submitting pipelines to a server, following runs and looking at them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from autogan_core.errors import AutoGANError, ConfigError
from pipelines import catalogue, remote
from pipelines.connection import Server
from pipelines.remote import Order, RunFailedError, follow, submit
from pipelines.rest import PipelinesUnavailableError
from tests.pipelines.fake_kfp_api import LOGIN_PAGE, NAME, FakeKfp, failure, package_text

WEEKLY = "0 0 3 * * MON"


# --- submit


def test_submit_sends_what_was_asked_for(autogan: Callable[..., str], fake: FakeKfp, host: str) -> None:
    """One experiment and one run, with both parts of the package; prints id and page, and nothing of kfp's."""
    options = ["--run-name", "mine", "--pipeline-root", "gs://b/r", "--service-account", "sa", "--experiment", "x"]
    output = autogan("submit", NAME, "--param", "seeds=1,2", *options)
    (run,) = fake.runs
    assert output == f"run {run['run_id']}: {host}/#/runs/details/{run['run_id']}\n"
    assert run["display_name"] == "mine"
    assert run["runtime_config"] == {"parameters": {"seeds": "1,2"}, "pipeline_root": "gs://b/r"}
    assert run["service_account"] == "sa"
    spec, platform = yaml.safe_load_all(package_text())
    assert run["pipeline_spec"] == {"pipeline_spec": spec, "platform_spec": platform}
    assert [each["display_name"] for each in fake.experiments] == ["x"]
    autogan("submit", NAME, "--experiment", "x")
    assert len(fake.experiments) == 1


@pytest.mark.parametrize("pipeline", catalogue.PIPELINES)
def test_the_committed_packages_are_taken(server: Server, fake: FakeKfp, pipeline: str) -> None:
    """Each is the pipeline of its name, and kfp's client reads it."""
    order = Order(pipeline=pipeline, package=catalogue.compiled(pipeline), arguments={}, experiment="autogan")
    submit(server, order, "mine")
    sent = fake.runs[0]["pipeline_spec"]
    assert sent.get("pipeline_spec", sent)["pipelineInfo"]["name"] == pipeline


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


def task(name: str, state: str, minute: int | None = None, **more: Any) -> dict[str, Any]:
    """A task as the API describes it."""
    times = {} if minute is None else {"start_time": f"2026-11-22T10:{minute:02}:00Z"}
    return {"task_id": f"id-{name}", "display_name": name, "state": state, **times, **more}


def update(state: str, *tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What has changed of a run."""
    return {"state": state, "run_details": {"task_details": list(tasks)}, **more}


def follow_through(server: Server, fake: FakeKfp, *progress: dict[str, Any]) -> list[str]:
    """What is reported, without the times of day."""
    fake.runs = [{"run_id": "r", "created_at": "2026-11-22T10:00:00Z", "state": "PENDING"}]
    fake.progress["r"] = list(progress)
    lines: list[str] = []
    follow(server, "r", lines.append)
    return [line.partition("  ")[2] for line in lines]


def test_following_reports_each_change_once(server: Server, fake: FakeKfp) -> None:
    """States of tasks as they change, in the order of their beginning; KFP's own tasks are left out."""
    lines = follow_through(
        server,
        fake,
        {"state": "RUNNING"},
        update("RUNNING", task("search", "PENDING"), task("root-driver", "SUCCEEDED", 0), task("data", "RUNNING", 1)),
        update("RUNNING", task("search", "PENDING"), task("data", "RUNNING", 1)),
        update("SUCCEEDED", task("search", "SUCCEEDED", 2), task("data", "SUCCEEDED", 1)),
    )
    assert lines == ["data: RUNNING", "search: PENDING", "data: SUCCEEDED", "search: SUCCEEDED"]


@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "SKIPPED"])
def test_a_run_without_success_is_an_error(server: Server, fake: FakeKfp, state: str) -> None:
    """The error names the run's end and quotes KFP's reasons, the run's and the tasks'."""
    error = {"code": 2, "message": "exit code 1:\n  out of memory"}
    end = update(state, task("retrain", "FAILED", 1, error=error), error={"code": 2, "message": "1 task failed"})
    with pytest.raises(RunFailedError) as caught:
        follow_through(server, fake, end)
    expected = f"the run r ended as {state}: 1 task failed; retrain: exit code 1: out of memory"
    assert str(caught.value) == expected


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


def test_status_of_a_run_shows_tasks_errors_and_outputs(autogan: Callable[..., str], fake: FakeKfp, host: str) -> None:
    """Tasks by their beginning with durations; times that KFP sends as zero are none; errors of system tasks show."""
    autogan("submit", NAME, "--run-name", "mine", "--pipeline-root", "gs://b/r/")
    run_id = fake.runs[0]["run_id"]
    fake.runs[0] |= update(
        "FAILED",
        task("retrain", "FAILED", 5, end_time="2026-11-22T10:05:30Z", error={"message": "no GPU"}),
        task("data", "SUCCEEDED", 1, end_time="2026-11-22T10:04:00Z"),
        task("data-driver", "SUCCEEDED", 0, end_time="2026-11-22T10:00:30Z"),
        task("retrain-driver", "FAILED", 4, end_time="1970-01-01T00:00:00Z", error={"message": "no such secret"}),
        task("report", "PENDING"),
        created_at="2026-11-22T10:00:00Z",
        finished_at="2026-11-22T10:06:00Z",
    )
    lines = [" ".join(line.split()) for line in autogan("status", run_id).splitlines()]
    assert lines == [
        "mine: FAILED 6 min 00 s",
        "task state started (UTC) duration",
        "data SUCCEEDED 2026-11-22 10:01:00 3 min 00 s",
        "retrain-driver FAILED 2026-11-22 10:04:00",
        "retrain FAILED 2026-11-22 10:05:00 0 min 30 s",
        "report PENDING",
        "error: retrain-driver: no such secret",
        "error: retrain: no GPU",
        f"outputs: gs://b/r/{NAME}/{run_id}",
        f"page: {host}/#/runs/details/{run_id}",
    ]


def test_status_of_a_run_that_is_not_there(autogan: Callable[..., str]) -> None:
    """One sentence, and no traceback of kfp's."""
    with pytest.raises(ConfigError, match="there is no run 'nope'"):
        autogan("status", "nope")


def test_outputs_without_a_root_are_found_by_the_installation_s(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """The folder below it is told, and what the root is unless it was changed."""
    autogan("submit", NAME)
    run_id = fake.runs[0]["run_id"]
    assert f"minio://mlpipeline/v2/artifacts unless it was changed), in {NAME}/{run_id}" in autogan("status", run_id)
