"""The part that both pipelines share: successive halving rung by rung, then the last rung to its end, and the scores.

KFP has no loops of unknown length, so a compiled pipeline has room for `PipelinePlacement.rungs` rungs. The last one
has a loop of its own, the same for every run. Each rung before it stands in a condition inside the condition of the
rung before: a run with fewer rungs makes no pods for the others, and no loop is ever empty, from which neither KFP's
backend nor its local runner can collect.

Argo omits what waits for a condition that is skipped. So nothing waits for one here: they lie in a pipeline of their
own, which succeeds whatever they come to.
"""

from collections.abc import Callable
from typing import Any, List  # noqa: UP035 - kfp reads annotations and knows this one

from kfp import dsl

from autogan_kubeflow.components.steps.choose_finalists import choose_finalists
from autogan_kubeflow.components.steps.choose_survivors import choose_survivors
from autogan_kubeflow.components.steps.evaluate import evaluate
from autogan_kubeflow.components.steps.retrain import retrain
from autogan_kubeflow.components.steps.train import train
from autogan_kubeflow.pipelines.placement import PipelinePlacement, place_computing, place_small


def training(placement: PipelinePlacement) -> Callable[..., Any]:
    """Creates the function that adds the trainings and scores to a pipeline.

    It is created before the pipeline is defined, since definitions do not nest.

    Args:
        placement: where the steps run, and how many rungs there is room for.

    Returns:
        A function of the run, its entrants and the store; see ``train_and_score``.
    """
    early = _early_rungs(placement)

    def train_and_score(run: Any, entrants: Any, store: Any) -> tuple[Any, Any]:
        """Adds the steps to the pipeline that is being defined.

        Args:
            run: the run's reference.
            entrants: the step that says which architectures enter the first rung, and how many rungs there are.
            store: the run store's URI.

        Returns:
            The work of the last rung, and the scores of all its architectures, in the same order.
        """
        pool, rungs = entrants.outputs["Output"], entrants.outputs["rungs"]
        halved = early(run=run, pool=pool, rungs=rungs, store=store).set_display_name("Successive halving")
        finalists = place_small(choose_finalists(run=run, pool=pool, rungs=rungs, store=store), placement)
        finalists.after(halved).set_display_name("Choose finalists")
        items = finalists.outputs["Output"]
        with dsl.ParallelFor(items=items, parallelism=placement.parallel) as item:
            trained = place_computing(retrain(loop_item=item, store=store), placement)
            trained.set_display_name("Train to the end")
            scored = place_computing(evaluate(loop_item=item, model=trained.outputs["model"], store=store), placement)
            scored.set_display_name("Score")
        return items, dsl.Collected(scored.outputs["scores"])

    return train_and_score


def _early_rungs(placement: PipelinePlacement) -> Any:
    """A pipeline of all rungs but the last."""

    @dsl.pipeline(name="successive-halving")
    def early(run: str, pool: List[str], rungs: int, store: str) -> None:  # noqa: UP006
        """Trains a pool of architectures a little, and the better ones on, rung by rung up to the last but one.

        Args:
            run: The run's reference.
            pool: The architectures that enter the first rung, as JSON.
            rungs: How many rungs there are, the last one included.
            store: The run store.
        """

        def add(rung: int, entrants: Any, former: Any) -> None:
            with dsl.If(rungs > rung, name=f"rung-{rung}"):
                if former is not None:
                    chosen = place_small(choose_survivors(run=run, pool=pool, rung=rung, store=store), placement)
                    chosen.after(former).set_display_name(f"Choose for rung {rung}")
                    entrants = chosen.outputs["Output"]
                with dsl.ParallelFor(items=entrants, parallelism=placement.parallel) as item:
                    trained = place_computing(train(loop_item=item, store=store), placement)
                    trained.set_display_name(f"Train to rung {rung}")
                if rung + 1 < placement.rungs:
                    add(rung + 1, None, trained)

        add(1, pool, None)

    return early
