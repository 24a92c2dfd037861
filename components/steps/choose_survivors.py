"""Step: which architectures go on from a rung to the next one."""

from typing import List  # noqa: UP035 - kfp reads annotations and knows this one

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def choose_survivors(
    run: str,
    pool: List[str],  # noqa: UP006
    rung: int,
    store: str,
    standings: dsl.Output[dsl.Markdown],
) -> List[str]:  # noqa: UP006
    """Compares the architectures at the end of a rung; the better ones enter the next.

    Args:
        run: The run's reference, from prepare-data.
        pool: All architectures that entered the first rung, as JSON.
        rung: The one to enter, from 2.
        store: The run store; empty for the one in AUTOGAN_STORE.
        standings: The FID of each so far, and who fell out where and why.

    Returns:
        The architectures that enter, best first, each with the run's reference, as JSON.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step(f"choose-survivors-rung-{rung}", store, title=f"Choose for rung {rung}") as step:
        from autogan_kubeflow.components.tasks.halving import choose_entrants

        chosen = choose_entrants(step, run, pool, rung, standings)
    return chosen
