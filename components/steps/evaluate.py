"""Step: one trained architecture, scored by the final protocol."""

from kfp import dsl

from components.steps.component import component


@component
def evaluate(
    work: str,
    model: dsl.Input[dsl.Model],
    store: str,
    scores: dsl.Output[dsl.Metrics],
    samples: dsl.Output[dsl.HTML],
) -> None:
    """Scores a trained architecture's best and last checkpoint (Inception score and FID) and draws samples.

    Args:
        work: The architecture and the run it belongs to, as JSON.
        model: What was trained; must belong to the same architecture and run.
        store: The run store; empty for the one in AUTOGAN_STORE.
        scores: Named by their protocol, such as best_fid_50k.
        samples: Uncurated images of the best checkpoint.
    """
    from components.pipeline_step.step import step
    from components.pipeline_step.work import Work

    item = Work.loads(work)
    with step(f"evaluate-{item.architecture}", store) as here:
        from components.pipeline_step.evaluating import require_model, samples_page
        from components.pipeline_step.publish import publish_scores

        require_model(model, item)
        run = here.open(item.run)
        final = run.evaluate([item.parsed])[item.parsed]
        publish_scores(scores, run, item, final)
        samples_page(samples, run, item, final)
