"""Step: one architecture, trained to the end."""

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def retrain(loop_item: str, store: str, model: dsl.Output[dsl.Model]) -> None:
    """Trains one architecture to the end, from scratch or on from the rung before, and keeps its generator with the
    lowest FID. Another attempt goes on from the last checkpoint in the run store.

    Args:
        loop_item: The architecture, the rung and the run it belongs to, as JSON.
        store: The run store; empty for the one in AUTOGAN_STORE.
        model: The generator's weights as safetensors; the header says how to build it. If the training diverges and
            others remain, a text that says so.
    """
    from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
    from autogan_kubeflow.components.step_runtime.step import begin_step

    item = LoopItem.loads(loop_item)
    with begin_step(f"retrain-{item.architecture}", store, title=item.training) as step:
        from autogan_kubeflow.components.tasks.training import train_to_end

        train_to_end(step, item, model)
