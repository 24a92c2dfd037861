"""Step: the report of a search."""

from typing import List  # noqa: UP035 - kfp reads annotations and knows this one

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def report(
    run: str,
    scores: dsl.Input[List[dsl.Metrics]],  # noqa: UP006
    store: str,
    page: dsl.Output[dsl.HTML],
    text: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Writes the report: what was found, how the search went, what the generators draw and score.

    Args:
        run: The run's reference, from prepare-data.
        scores: Of all architectures that were trained.
        store: The run store; empty for the one in AUTOGAN_STORE.
        page: The whole report, one self-contained page.
        text: The same in short.
        metrics: The best architecture's scores.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step("report", store) as step:
        from autogan_kubeflow.components.tasks.reporting import report_run

        report_run(step, run, len(scores), page, text, metrics)
