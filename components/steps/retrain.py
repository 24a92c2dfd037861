"""Step: one architecture, trained from scratch."""

from kfp import dsl

from components.steps.component import component


@component
def retrain(work: str, store: str, model: dsl.Output[dsl.Model]) -> None:
    """Trains one architecture from scratch and keeps its generator with the lowest FID. Another attempt goes on from
    the last checkpoint in the run store.

    Args:
        work: The architecture and the run it belongs to, as JSON.
        store: The run store; empty for the one in AUTOGAN_STORE.
        model: The generator's weights as safetensors; the header says how to build it.
    """
    from components.pipeline_step.step import step
    from components.pipeline_step.work import Work

    item = Work.loads(work)
    with step(f"retrain-{item.architecture}", store) as here:
        from components.pipeline_step.publish import publish_model

        run = here.open(item.run)
        [training] = run.retrain([item.parsed])
        publish_model(model, run, item, run.generator(item.parsed, "best"), training.best.fid)
