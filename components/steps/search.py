"""Step: the architecture search, here or as a Katib Experiment."""

from typing import List  # noqa: UP035 - kfp reads annotations and knows this one

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def search(
    run: str,
    backend: str,
    katib_namespace: str,
    experiment_name: str,
    trial_workers: int,
    timeout_hours: float,
    keep_experiment: bool,
    store: str,
    rungs: dsl.OutputPath(int),  # type: ignore[valid-type]
    history: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> List[str]:  # noqa: UP006
    """Searches generator architectures by multi-level architecture search (AutoGAN, ICCV 2019). A search that is
    finished in the run store is not repeated, one that was stopped goes on.

    Args:
        run: The run's reference, from prepare-data.
        backend: local searches in this step, katib in an Experiment that this step starts and follows.
        katib_namespace: Namespace of the Experiment; empty for this step's own.
        experiment_name: Name of the Experiment; empty for one that the run gives.
        trial_workers: Pods beside the master of each trial that share its work.
        timeout_hours: The Experiment is removed after so long; 0 for no limit.
        keep_experiment: Keep the Experiment, its trials and their logs after a search that went well.
        store: The run store; empty for the one in AUTOGAN_STORE.
        rungs: How many rungs of successive halving they make; 1 without it.
        history: All trials with their rewards, one JSON object a line.
        metrics: How the search went.

    Returns:
        The architectures that enter the first rung, best first, each with the run's reference, as JSON.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step("search", store) as step:
        from autogan_kubeflow.components.step_runtime.loop_item import write_rungs
        from autogan_kubeflow.components.tasks.searching import search_run

        katib = {
            "namespace": katib_namespace,
            "name": experiment_name,
            "workers": trial_workers,
            "timeout_hours": timeout_hours,
            "keep": keep_experiment,
        }
        found = search_run(step, run, backend, katib, history, metrics)
        write_rungs(rungs, found)
    return found
