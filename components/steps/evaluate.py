"""Step: one trained architecture, scored by the final protocol."""

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def evaluate(
    loop_item: str,
    model: dsl.Input[dsl.Model],
    store: str,
    scores: dsl.Output[dsl.Metrics],
    samples: dsl.Output[dsl.HTML],
) -> None:
    """Scores a trained architecture's best and last checkpoint (Inception score, FID, KID, precision and recall), looks
    for copies of training images and draws samples. A training that has diverged gets none of them.

    Args:
        loop_item: The architecture and the run it belongs to, as JSON.
        model: What was trained; must belong to the same architecture and run.
        store: The run store; empty for the one in AUTOGAN_STORE.
        scores: Named by their protocol, such as best_fid_50k.
        samples: Uncurated images of the best checkpoint, and those that come closest to training images.
    """
    from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
    from autogan_kubeflow.components.step_runtime.step import begin_step

    item = LoopItem.loads(loop_item)
    with begin_step(f"evaluate-{item.architecture}", store, title=f"Score {item.architecture}") as step:
        from autogan_kubeflow.components.tasks.evaluating import evaluate_model

        evaluate_model(step, item, model, scores, samples)
