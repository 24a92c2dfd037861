"""The frame of a step: logs, failures for good and for another try."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from autogan_core.cli.terminal import RunMonitor
from autogan_core.errors import ConfigError, PreemptedError
from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.exit_status import PERMANENT, PREEMPTED
from autogan_kubeflow.components.log_monitor import LogMonitor
from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE, PipelineRun
from autogan_kubeflow.components.step_runtime.attempts import NODE_VARIABLE
from autogan_kubeflow.components.step_runtime.events import EVENTS_VARIABLE, MARK, EventMonitor
from autogan_kubeflow.components.step_runtime.step import begin_step
from tests.components.step_runtime.process import restored_process


@pytest.fixture(autouse=True)
def _process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pod's environment; the process's logging and signals as they were, afterwards."""
    monkeypatch.setenv(PIPELINE_RUN_VARIABLE, "one")
    monkeypatch.delenv(EVENTS_VARIABLE, raising=False)
    monkeypatch.delenv("AUTOGAN_STORE", raising=False)
    monkeypatch.delenv(NODE_VARIABLE, raising=False)
    with restored_process():
        yield


def attempt(store: Path, error: Exception | None) -> int | str | None:
    """Exit status of a step whose work ends in ``error``."""
    with pytest.raises(SystemExit) as caught, begin_step("search", str(store)):
        assert error is not None, "the work was begun"
        raise error
    return caught.value.code


def test_what_no_other_try_would_mend_is_not_tried_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod that Argo makes anew ends before its work, with the reason of the first; another pipeline run is not
    affected, nor is a pod that somebody has asked for."""
    assert attempt(tmp_path, ConfigError("top_k is 0")) == PERMANENT
    monkeypatch.setenv(NODE_VARIABLE, "w.root.search(0).executor(1)")
    assert attempt(tmp_path, None) == PERMANENT
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == [
        "top_k is 0",
        "not tried again, since an earlier attempt failed for good: top_k is 0",
    ]
    monkeypatch.setenv(PIPELINE_RUN_VARIABLE, "two")
    with begin_step("search", str(tmp_path)):
        pass
    monkeypatch.setenv(PIPELINE_RUN_VARIABLE, "one")
    monkeypatch.setenv(NODE_VARIABLE, "w.root.search(1).executor(0)")
    with begin_step("search", str(tmp_path)):
        pass
    assert PipelineRun(DirectoryStore(tmp_path), "one").failures() == {}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PreemptedError("stopped"), PREEMPTED),
        (RuntimeError("CUDA error: uncorrectable ECC error"), PERMANENT),
    ],
)
def test_what_another_pod_may_mend_is_tried_again(
    tmp_path: Path, error: Exception, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is noted for the summary, and the next pod does the work."""
    assert attempt(tmp_path, error) == status
    [(name, reason)] = PipelineRun(DirectoryStore(tmp_path), "one").failures().items()
    assert name == "search"
    assert str(error) in reason
    monkeypatch.setenv(NODE_VARIABLE, "w.root.search(0).executor(1)")
    with begin_step("search", str(tmp_path)):
        pass


def test_a_step_notes_its_begin_and_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is lost in between is seen as begun; one that is not to be noted is not, and needs no store."""
    pipeline_run = PipelineRun(DirectoryStore(tmp_path), "one")
    with begin_step("search", str(tmp_path)):
        begun = pipeline_run.step("search")
        assert begun is not None and not begun.ended
    ended = pipeline_run.step("search")
    assert ended is not None and ended.ended and not ended.failure
    with begin_step("summarize", "", noted=False):
        pass
    assert [record.step for record in pipeline_run.steps()] == ["search"]


def test_a_store_that_refuses_fails_the_step(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found out before the work, and said once."""
    (tmp_path / "jobs").write_text("no folder")
    with pytest.raises(SystemExit), begin_step("search", str(tmp_path)):
        raise AssertionError("the work was begun")
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_sigterm_ends_the_work(tmp_path: Path) -> None:
    """A pod that must go ends with the status of a preempted one."""
    with pytest.raises(SystemExit) as caught, begin_step("search", str(tmp_path)):
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("it went on")
    assert caught.value.code == PREEMPTED


def test_a_step_may_listen_to_sigterm_itself(tmp_path: Path) -> None:
    """After it asked for that, the signal is only noted."""
    with begin_step("search", str(tmp_path)) as step:
        requested = step.stop_requested()
        assert not requested()
        os.kill(os.getpid(), signal.SIGTERM)
        assert requested()


def test_the_store_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty field means AUTOGAN_STORE; without either the sentence says what to set."""
    monkeypatch.setenv("AUTOGAN_STORE", str(tmp_path))
    with begin_step("search", "") as step:
        assert step.store_ref.uri == str(tmp_path)
    monkeypatch.delenv("AUTOGAN_STORE")
    with pytest.raises(SystemExit), begin_step("search", ""):
        raise AssertionError("there is no store")


def test_monitors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Pods log; the local runner gets events, and measurements are kept in the run's folder."""
    with begin_step("search", str(tmp_path)) as step:
        assert isinstance(step._monitor("digits"), LogMonitor)
    monkeypatch.setenv(EVENTS_VARIABLE, "1")
    with begin_step("search", str(tmp_path)) as step:
        monitor = step._monitor("digits")
        assert isinstance(monitor, EventMonitor) and isinstance(monitor, RunMonitor)
        with monitor.task("training", 5, done=2) as task:
            task.advance(2, {"loss": 0.5})
            task.advance(1)
        monitor.log("search", 0, {"reward": 2.0})
        logging.getLogger("autogan_core.runs.run").warning("collapsed")
    events = [json.loads(line.removeprefix(MARK)) for line in capsys.readouterr().out.split("\n") if line]
    assert [event["kind"] for event in events] == ["step", "begin", "advance", "advance", "end", "log"]
    assert (events[1]["total"], events[1]["done"]) == (5, 2)
    assert sum(event.get("steps", 0) for event in events) == 3
    assert events[-1] == {"kind": "log", "level": "WARNING", "text": "collapsed"}
    assert json.loads((tmp_path / "digits" / "metrics.jsonl").read_text())["reward"] == 2.0


def test_the_job_may_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says comes first; a step that needs its job and has none says what to set."""
    with begin_step("search", str(tmp_path), "two") as step:
        assert step.known_pipeline_run.identifier == "one"
    monkeypatch.delenv(PIPELINE_RUN_VARIABLE)
    with begin_step("search", str(tmp_path), "two") as step:
        assert step.known_pipeline_run.identifier == "two"
    with begin_step("search", str(tmp_path)) as step, pytest.raises(ConfigError, match="set AUTOGAN_JOB"):
        _ = step.known_pipeline_run


def test_a_pods_own_folder_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On a cluster the next step runs elsewhere; here folders are fine."""
    monkeypatch.setenv("KFP_POD_NAME", "mlas-search-x")
    assert attempt(tmp_path, None) == PERMANENT
    assert "which is a folder, and pods share none; give gs://bucket/prefix" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
