"""Why a pipeline run did not succeed, in words."""

from __future__ import annotations

from autogan_kubeflow.components.pipeline_run.causes import causes
from autogan_kubeflow.components.pipeline_run.record import StepRecord
from autogan_kubeflow.components.pipeline_run.workflow import FailedPod, Workflow

BEGUN = StepRecord("search", "2026-01-02T03:04:05+00:00", pod="w-impl-77", attempt=2, attempts=3)


def argo(*failed: FailedPod, cancelled: bool = False) -> Workflow:
    """The run as Argo has it."""
    return Workflow(cancelled, failed)


def test_a_step_that_could_say_why_is_quoted() -> None:
    """With its attempt; what Argo says of the same pod adds nothing."""
    record = BEGUN.fail("the bucket is away", exhausted=True)
    expected = ["**search** failed (attempt 2 of 3): the bucket is away"]
    assert causes([record], None) == expected
    assert causes([record], argo(FailedPod("search", "main: Error (exit code 1)", "77"))) == expected


def test_a_step_that_never_ended_was_lost() -> None:
    """The line names its pod, and what Argo saw of it; where the run was cancelled nothing was lost."""
    [line] = causes([BEGUN], None)
    assert "began at 2026-01-02T03:04:05+00:00 and never ended in pod `w-impl-77`" in line
    [line] = causes([BEGUN], argo(FailedPod("search", "OOMKilled (exit code 137)", "77")))
    assert line.endswith("Argo says: OOMKilled (exit code 137).")
    assert causes([BEGUN], argo(cancelled=True)) == ["**search** was under way when the run was cancelled."]


def test_a_pod_that_failed_after_its_step_failed_in_what_kfp_does() -> None:
    """Such as an upload; another step's pod is not taken for it."""
    other = StepRecord("report", "2026-01-02T03:04:05+00:00", pod="w-impl-177").succeed()
    [line] = causes([BEGUN.succeed(), other], argo(FailedPod("search", "main: Error (exit code 1)", "77")))
    assert line.startswith("**search** ended well here")
    assert "the log in pod `w-impl-77` says more. Argo says: main: Error (exit code 1)." in line


def test_a_pod_that_failed_before_our_program_began_is_named_by_its_task() -> None:
    """A driver of KFP's, or an image that cannot be pulled."""
    [line] = causes([], argo(FailedPod("search-driver", "main: Error (exit code 1)", "5")))
    assert line == "**search-driver** failed before it could note anything. Argo says: main: Error (exit code 1)."


def test_something_is_always_said() -> None:
    """Even if nothing is known to have failed."""
    first = StepRecord("prepare-data", "2026-01-02T03:00:00+00:00", ended="2026-01-02T03:01:00+00:00")
    [line] = causes([first, BEGUN.succeed()], None)
    assert "**search** as the last" in line and "upload of its artifacts in pod `w-impl-77`" in line
    [line] = causes([], None)
    assert line.startswith("No step has begun")
