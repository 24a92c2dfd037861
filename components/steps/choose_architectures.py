"""Step: which architectures a transfer evaluation trains."""

from typing import List  # noqa: UP035 - kfp reads annotations and knows this one

from components.steps.component import component


@component
def choose_architectures(run: str, architectures: str, search_run: str, top_k: int, store: str) -> List[str]:  # noqa: UP006
    """Takes the named architectures and the best of an earlier search, each once.

    Args:
        run: The run's reference, from prepare-data.
        architectures: Such as paper-top1, 1011-10011-10103, separated by commas or spaces.
        search_run: Folder of a finished search in the run store; empty for none.
        top_k: How many of that search's architectures; -1 for as many as its settings say.
        store: The run store; empty for the one in AUTOGAN_STORE.

    Returns:
        The architectures, each with the run's reference, as JSON.
    """
    from components.pipeline_step.step import step

    with step("choose-architectures", store) as here:
        from components.pipeline_step.choosing import choose

        chosen = choose(here, run, architectures, search_run, top_k)
    return chosen
