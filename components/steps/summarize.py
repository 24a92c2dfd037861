"""Step: how a pipeline run ended, in short; the one that always runs."""

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def summarize(
    status: dsl.PipelineTaskFinalStatus,
    job: str,
    store: str,
    summary: dsl.Output[dsl.Markdown],
) -> None:
    """Says how the pipeline run ended: what was found, or which step failed and why, and where everything lies. Removes
    the Experiment that a cancelled run has left.

    Args:
        status: Given by KFP.
        job: Id of the pipeline run.
        store: The run store; empty for the one in AUTOGAN_STORE.
        summary: The summary.
    """
    from autogan_kubeflow.components.step_runtime.step import step

    with step("summarize", store, job, noted=False) as here:
        from autogan_kubeflow.components.tasks.summing_up import sum_up

        sum_up(here, status.state, status.error_message or "", summary)
