"""The causes of a pipeline run's failure, from the records of its steps and from Argo's of their pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from autogan_kubeflow.components.pipeline_run.record import StepRecord

if TYPE_CHECKING:
    from autogan_kubeflow.components.pipeline_run.workflow import FailedPod, Workflow


def causes(steps: Sequence[StepRecord], workflow: Workflow | None) -> list[str]:
    """Explains the steps that failed or were lost.

    Args:
        steps: the records that steps have left.
        workflow: the run as Argo has it; None if that is not known.

    Returns:
        A line of Markdown for each step; at least one line.
    """
    failed = list(workflow.failed) if workflow else []
    cancelled = workflow is not None and workflow.cancelled
    lines = list(_of_steps(steps, failed, cancelled))
    unnoted = [pod for pod in failed if not any(_is_of(pod, step) for step in steps)]
    lines += [f"**{pod.task}** failed before it could note anything.{_word(pod)}" for pod in unnoted]
    return lines or [_around(steps)]


def _of_steps(steps: Sequence[StepRecord], failed: Sequence[FailedPod], cancelled: bool) -> Iterator[str]:
    for step in steps:
        pod = next((pod for pod in failed if _is_of(pod, step)), None)
        if step.failure:
            attempts = f" (attempt {step.attempt} of {step.attempts})" if step.attempts > 1 else ""
            yield f"**{step.words}** failed{attempts}: {step.failure}"
        elif not step.ended and cancelled:
            yield f"**{step.words}** was under way when the run was cancelled."
        elif not step.ended:
            yield (
                f"**{step.words}** began at {step.began} and never ended{_in(step)}: its pod was deleted, evicted or "
                f"killed, perhaps for want of memory.{_word(pod)}"
            )
        elif pod is not None:
            yield (
                f"**{step.words}** ended well here, so the failure lies in what KFP does after it, such as the upload "
                f"of its artifacts; the log{_in(step)} says more.{_word(pod)}"
            )


def _around(steps: Sequence[StepRecord]) -> str:
    """The line for a run in which no step is known to have failed."""
    ended = max(steps, key=lambda step: step.ended, default=None)
    if ended is None:
        return "No step has begun here: see the log of the pipeline's first pod, and its events."
    return (
        f"All steps that began ended well here, **{ended.words}** as the last, so the failure lies in what KFP does "
        f"around them, such as the upload of its artifacts{_in(ended)}, or the pod of the step after it."
    )


def _is_of(pod: FailedPod, step: StepRecord) -> bool:
    return step.pod.endswith(f"-{pod.node}")


def _in(step: StepRecord) -> str:
    return f" in pod `{step.pod}`" if step.pod else ""


def _word(pod: FailedPod | None) -> str:
    return f" Argo says: {pod.message}." if pod and pod.message else ""
