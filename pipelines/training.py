"""The part that both pipelines share: every architecture trained from scratch and scored, side by side."""

from typing import Any

from kfp import dsl

from components.steps.evaluate import evaluate
from components.steps.retrain import retrain
from pipelines.placement import PipelinePlacement, place_computing


def train_and_score(work: Any, store: Any, placement: PipelinePlacement) -> Any:
    """Adds a loop to the pipeline that is being defined.

    Args:
        work: the only output of the step that says which architectures; kfp loops over nothing else.
        store: the run store's URI.
        placement: where the steps run.

    Returns:
        The scores of all architectures, in the order of ``work``.
    """
    with dsl.ParallelFor(items=work, parallelism=placement.parallel) as item:
        trained = place_computing(retrain(work=item, store=store), placement)
        trained.set_display_name("Train from scratch")
        scored = place_computing(evaluate(work=item, model=trained.outputs["model"], store=store), placement)
        scored.set_display_name("Score")
    return dsl.Collected(scored.outputs["scores"])
