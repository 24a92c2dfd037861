"""Step: which architectures a transfer evaluation trains."""

from typing import List  # noqa: UP035 - kfp reads annotations and knows this one

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def choose_architectures(
    run: str,
    architectures: str,
    search_run: str,
    top_k: int,
    max_rungs: int,
    store: str,
    rungs: dsl.OutputPath(int),  # type: ignore[valid-type]
) -> List[str]:  # noqa: UP006
    """Takes the named architectures and the best of an earlier search, and with successive halving the incumbents of
    the settings, each once.

    Args:
        run: The run's reference, from prepare-data.
        architectures: Such as paper-top1, 1011-10011-10103, separated by commas or spaces.
        search_run: Folder of a finished search in the run store; empty for none.
        top_k: How many of that search's architectures; -1 for as many as its settings say.
        max_rungs: How many rungs of successive halving the pipeline has room for.
        store: The run store; empty for the one in AUTOGAN_STORE.
        rungs: How many rungs of successive halving they make; 1 without it.

    Returns:
        The architectures that enter the first rung, each with the run's reference, as JSON.
    """
    from autogan_kubeflow.components.step_runtime.step import begin_step

    with begin_step("choose-architectures", store) as step:
        from autogan_kubeflow.components.step_runtime.loop_item import write_rungs
        from autogan_kubeflow.components.tasks.choosing import choose

        chosen = choose(step, run, architectures, search_run, top_k, max_rungs)
        write_rungs(rungs, chosen)
    return chosen
