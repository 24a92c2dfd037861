"""A step's attempts: real processes that fail, are killed, are told to stop, and are watched by the one that began."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from autogan_core.storage import open_store
from autogan_kubeflow.components.exit_status import PERMANENT, PREEMPTED, RETRY
from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE, PipelineRun, StepRecord
from autogan_kubeflow.components.step_runtime.attempts import NODE_VARIABLE, RETRIES_VARIABLE, Attempt, Backoff
from tests.components.step_runtime.trying import trying
from tests.core.conftest import BUCKET, fake_gcs, gcs  # noqa: F401 - fixtures


class Pod:
    """A pod as KFP starts it: the component's own command, through kfp's executor."""

    def __init__(self, folder: Path) -> None:
        self.attempts, self.outputs = folder / uuid.uuid4().hex, folder / "outputs"
        self.attempts.mkdir(parents=True)
        self.store = f"gs://{BUCKET}/{uuid.uuid4().hex}"
        self.pipeline_run = PipelineRun(open_store(self.store, folder / "cache"), "one")
        self._environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "AUTOGAN_CACHE": str(folder / "cache"),
            "KFP_POD_NAME": "autogan-x-1234567890",
            PIPELINE_RUN_VARIABLE: "one",
            RETRIES_VARIABLE: "2",
        }

    def start(self, behaviours: str, argo_tries: int = 0) -> subprocess.Popen[str]:
        """Starts it."""
        output = {"artifacts": [{"uri": str(self.outputs / "scores"), "name": "scores", "metadata": {}}]}
        output["artifacts"][0]["type"] = {"schemaTitle": "system.Metrics"}
        values = {"behaviours": behaviours, "folder": str(self.attempts), "store": self.store}
        parameters = {"Output": {"outputFile": str(self.outputs / "number")}}
        executor_input = {
            "inputs": {"parameterValues": values},
            "outputs": {
                "artifacts": {"scores": output},
                "parameters": parameters,
                "outputFile": str(self.outputs / "executor_output.json"),
            },
        }
        container = trying.component_spec.implementation.container
        arguments = [word.replace("{{$}}", json.dumps(executor_input)) for word in container.args]
        return subprocess.Popen(
            [*container.command, *arguments],
            env={**self._environment, NODE_VARIABLE: f"autogan-x.root.trying.executor({argo_tries})"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, behaviours: str, argo_tries: int = 0) -> tuple[int, str]:
        """Its exit status, and its log."""
        process = self.start(behaviours, argo_tries)
        log, _ = process.communicate(timeout=100)
        return process.returncode, log

    @property
    def made(self) -> int:
        """Attempts that have begun."""
        return len(list(self.attempts.iterdir()))

    @property
    def record(self) -> StepRecord:
        """What the step has noted."""
        record = self.pipeline_run.step("trying")
        assert record is not None
        return record


@pytest.fixture
def pod(gcs: object, tmp_path: Path) -> Pod:  # noqa: F811
    """A pod with an empty store in a bucket."""
    return Pod(tmp_path)


def messages(log: str) -> list[str]:
    """What our program has logged."""
    return [json.loads(line)["message"] for line in log.splitlines() if line.startswith('{"message"')]


def test_what_may_pass_is_tried_again(pod: Pod) -> None:
    """Twice the bucket is away, then the work is done: kfp's executor writes the outputs of the attempt that did it,
    and every attempt began in a process without torch."""
    status, log = pod.run("away away done")
    assert status == 0
    assert (pod.made, pod.record.attempt, pod.record.failure) == (3, 3, "")
    assert pod.record.ended
    output: dict[str, Any] = json.loads((pod.outputs / "executor_output.json").read_text())
    assert output["parameterValues"] == {"Output": "2"}
    assert output["artifacts"]["scores"]["artifacts"][0]["metadata"] == {"fid": 12.5}
    assert (pod.outputs / "scores").read_text() == "all"
    assert [line for line in messages(log) if line.startswith("attempt")] == [
        "attempt 2 of 3 in 0 s: the one before ended with status 138",
        "attempt 3 of 3 in 0 s: the one before ended with status 138",
    ]
    assert {path.read_text() for path in pod.attempts.iterdir()} == {""}


def test_enough_is_enough(pod: Pod) -> None:
    """After the last attempt the pod ends with its status, and a pod that Argo makes then ends at once; one that the
    UI's Retry makes starts anew."""
    status, _ = pod.run("away away away")
    assert (status, pod.made) == (RETRY, 3)
    assert pod.record.exhausted and not pod.record.final
    status, log = pod.run("away away away done", argo_tries=1)
    assert (status, pod.made) == (PERMANENT, 3)
    assert "not tried again, since 3 attempts have failed: the bucket is away" in messages(log)
    assert pod.run("away away away done")[0] == 0
    assert pod.made == 4


def test_a_killed_attempt_is_followed_by_another(pod: Pod) -> None:
    """Its reason is named by the watcher, as it could not say so itself."""
    status, log = pod.run("kill done")
    assert (status, pod.made) == (0, 2)
    assert "attempt 2 of 3 in 0 s: the one before was killed by SIGKILL, perhaps for want of memory" in messages(log)


def test_killed_each_time(pod: Pod) -> None:
    """The pod ends as shells say it, and the reason is noted."""
    status, _ = pod.run("kill kill kill")
    assert (status, pod.made) == (128 + signal.SIGKILL, 3)
    assert pod.record.failure == "was killed by SIGKILL, perhaps for want of memory"
    assert pod.record.exhausted


@pytest.mark.parametrize(("behaviour", "final"), [("fail", True), ("crash", False)])
def test_what_no_other_attempt_would_mend_ends_at_once(pod: Pod, behaviour: str, final: bool) -> None:
    """A mistake is not repeated, by Argo neither; what nobody has foreseen Argo may try on another node. Once the cause
    is mended, the UI's Retry works."""
    status, _ = pod.run(f"{behaviour} done")
    assert (status, pod.made) == (PERMANENT, 1)
    assert (pod.record.final, pod.record.exhausted) == (final, False)
    if final:
        assert pod.run("fail done", argo_tries=1)[0] == PERMANENT
        assert pod.made == 1
    assert pod.run(f"{behaviour} done")[0] == 0
    assert (pod.made, pod.record.failure, pod.record.final) == (2, "", False)


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_pod_that_must_go_is_not_tried_again(pod: Pod, whole_group: bool) -> None:
    """SIGTERM reaches the work once, be it sent to the watcher or, as Argo does, to the whole process group; the next
    pod goes on."""
    process = pod.start("hang done")
    while not pod.made:
        time.sleep(0.05)
    watcher = watching(process.pid)
    os.killpg(process.pid, signal.SIGTERM) if whole_group else os.kill(watcher, signal.SIGTERM)
    log, _ = process.communicate(timeout=100)
    assert process.returncode == (-signal.SIGTERM if whole_group else PREEMPTED)
    assert pod.made == 1
    assert "stopped on request" in pod.record.failure
    assert sum("stopped on request" in line for line in messages(log)) == 1
    assert pod.run("hang done", argo_tries=1)[0] == 0


def watching(shell: int) -> int:
    """The process that the shell has started."""
    children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    return int(children[0]) if children else shell


def test_pauses_grow() -> None:
    """Half a minute, a minute, and never more than ten."""
    pauses = [Backoff().pause_s(Attempt(number, 9)) for number in range(1, 8)]
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
