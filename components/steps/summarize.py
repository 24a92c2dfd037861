"""Step: how a pipeline run ended, in short; the one that always runs."""

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def summarize(
    status: dsl.PipelineTaskFinalStatus,
    pipeline_run: str,
    store: str,
    summary: dsl.Output[dsl.Markdown],
) -> None:
    """Says how the pipeline run ended: what was found, or which step failed and why, and where everything lies. Removes
    the Experiment that a cancelled run has left.

    Args:
        status: Given by KFP.
        pipeline_run: Id of the pipeline run.
        store: The run store; empty for the one in AUTOGAN_STORE.
        summary: The summary.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step("summarize", store, pipeline_run, noted=False) as step:
        from autogan_kubeflow.components.tasks.summing_up import sum_up

        sum_up(step, status.state, status.error_message or "", summary)
