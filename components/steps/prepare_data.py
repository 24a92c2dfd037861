"""Step: data set, feature weights and reference statistics into the run store, and the pipeline's run opened."""

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def prepare_data(
    pipeline_run: str,
    pipeline: str,
    preset: str,
    overrides: str,
    dataset: str,
    data_uri: str,
    seed: int,
    reward: str,
    top_k: int,
    pool: int,
    retrain_iterations: int,
    backend: str,
    katib_namespace: str,
    experiment_name: str,
    trial_workers: int,
    timeout_hours: float,
    store: str,
    run: str,
    max_rungs: int,
    data: dsl.Output[dsl.Dataset],
) -> str:
    """Checks every field, fetches and verifies the data set, and stores it once as one compact file with FID's
    reference statistics; opens the run that the later steps work on.

    Args:
        pipeline_run: Id of the pipeline run.
        pipeline: Name of the pipeline.
        preset: Settings to start from.
        overrides: Settings to change, section.key=value each, separated by ; or line breaks.
        dataset: Name, path or URI of the images; empty for the preset's own.
        data_uri: Where a named data set's files lie; empty for the usual place.
        seed: Seeds everything random.
        reward: What the search maximises; empty for the preset's.
        top_k: Architectures to train to the end; -1 for the preset's.
        pool: Architectures that successive halving starts from; -1 for the preset's.
        retrain_iterations: Generator steps of each training; -1 for the preset's.
        backend: Where the search runs, local or katib.
        katib_namespace: Namespace of the Experiment; empty for this step's own.
        experiment_name: Name of the Experiment; empty for one that the run gives.
        trial_workers: Pods beside the master of each trial.
        timeout_hours: The Experiment is given up after so long; 0 for no limit.
        store: The run store; empty for the one in AUTOGAN_STORE.
        run: Name of the run's folder; empty for one named after settings, images and code.
        max_rungs: How many rungs of successive halving the pipeline has room for.
        data: What the images are, and where they lie.

    Returns:
        The run's reference, <folder>@<settings and images>-<code>.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step("prepare-data", store, pipeline_run) as step:
        from autogan_kubeflow.components.tasks.preparing import prepare_run

        form = {
            "preset": preset,
            "overrides": overrides,
            "dataset": dataset,
            "seed": seed,
            "reward": reward,
            "top_k": top_k,
            "pool": pool,
            "retrain_iterations": retrain_iterations,
        }
        katib = {
            "namespace": katib_namespace,
            "name": experiment_name,
            "workers": trial_workers,
            "timeout_hours": timeout_hours,
            "keep": False,
        }
        reference = prepare_run(step, pipeline, form, data_uri, backend, katib, run, max_rungs, data)
    return reference
