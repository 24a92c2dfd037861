"""Step: the scores of this pipeline run into the history, and the trend."""

from typing import List  # noqa: UP035 - kfp reads annotations and knows this one

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def record_scores(
    pipeline_run: str,
    run: str,
    items: List[str],  # noqa: UP006
    scores: dsl.Input[List[dsl.Metrics]],  # noqa: UP006
    history: str,
    store: str,
    page: dsl.Output[dsl.HTML],
    text: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Adds a line with this pipeline run's scores to the history that recurring evaluations keep in the run store, and
    draws how scores have changed.

    Args:
        pipeline_run: Id of the pipeline run; its line is written once, however often this step is tried.
        run: The run's reference, from prepare-data.
        items: The architectures, as JSON.
        scores: Of all of them.
        history: Name of the history; empty for the data set's name.
        store: The run store; empty for the one in AUTOGAN_STORE.
        page: The trend, one self-contained page.
        text: The same in short.
        metrics: The newest scores, and their change.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step("record-scores", store, pipeline_run) as step:
        from autogan_kubeflow.components.tasks.recording import record

        record(step, run, items, len(scores), history, page, text, metrics)
