"""Searches that differ in what trains their shared weights, so that scores on these can be compared."""

from __future__ import annotations

from autogan_core.ablations.suite.budget import SharedWeights
from autogan_core.ablations.suite.suite import Plan
from autogan_core.ablations.suite.variants import MLAS, Variant

_SHARED_WORDS: dict[SharedWeights, str] = {
    "policy": "draws of the policy",
    "uniform": "uniform draws",
    "balanced": "every option equally often",
    "policy-warm-up": "draws of the policy, new cells warmed up",
    "uniform-warm-up": "uniform draws, new cells warmed up",
    "balanced-warm-up": "every option equally often, new cells warmed up",
}


def _shared_training(plan: Plan, weights: SharedWeights) -> Variant:
    """Defines a search whose shared weights are trained in one of these ways.

    A warm-up lasts as long as an iteration's training.

    Returns:
        The variant; `MLAS` itself where that is the plan's own way.
    """
    drawn, _, warm = weights.partition("-")
    config = plan.config(plan.seeds[0])
    epochs = config.search.shared_epochs if warm else 0
    overrides = (f"search.shared_training={drawn}", f"search.warm_up_epochs={epochs}")
    if plan.config(plan.seeds[0], *overrides) == config:
        return MLAS
    return Variant(weights, _SHARED_WORDS[weights], overrides)


def shared_weights(plan: Plan) -> dict[str, Variant]:
    """The searches on whose weights rulers are compared, by how these were trained; the search's own comes first."""
    found = {_SHARED_WORDS[weights]: _shared_training(plan, weights) for weights in plan.budget.proxy_weights}
    own = next((words for words, variant in found.items() if variant is MLAS), "as the search does")
    return {own: MLAS, **found}
