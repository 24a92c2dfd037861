"""Step: which architectures are trained to the end."""

from typing import List  # noqa: UP035 - kfp reads annotations and knows this one

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def choose_finalists(
    run: str,
    pool: List[str],  # noqa: UP006
    rungs: int,
    store: str,
    standings: dsl.Output[dsl.Markdown],
) -> List[str]:  # noqa: UP006
    """Takes the architectures that enter the last rung: without successive halving all of the pool.

    Args:
        run: The run's reference, from prepare-data.
        pool: All architectures that entered the first rung, as JSON.
        rungs: How many rungs there are.
        store: The run store; empty for the one in AUTOGAN_STORE.
        standings: The FID of each so far, and who fell out where and why.

    Returns:
        The architectures, best first, each with the run's reference, as JSON.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step("choose-finalists", store) as step:
        from autogan_kubeflow.components.tasks.halving import choose_entrants

        chosen = choose_entrants(step, run, pool, rungs, standings)
    return chosen
