"""Step: one architecture, trained to the end of a rung that others follow."""

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def train(loop_item: str, store: str, metrics: dsl.Output[dsl.Metrics]) -> None:
    """Trains one architecture to the end of a rung, on from the rung before. Another attempt goes on from the last
    checkpoint in the run store. A training that diverges is no failure: the architecture falls out.

    Args:
        loop_item: The architecture, the rung and the run it belongs to, as JSON.
        store: The run store; empty for the one in AUTOGAN_STORE.
        metrics: The scores at the rung's end; none if the training has diverged.
    """
    from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
    from autogan_kubeflow.components.step_runtime.step import begin_step

    item = LoopItem.loads(loop_item)
    with begin_step(f"train-{item.architecture}-rung-{item.rung}", store, title=item.training) as step:
        from autogan_kubeflow.components.tasks.training import train_to_rung

        train_to_rung(step, item, metrics)
