"""All ablations by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autogan_core.ablations import (
    comparison,
    dynamic_reset,
    mlas_vs_slas,
    observations,
    payoff,
    proxy,
    random_search,
    reward,
    search_choices,
    transfer,
)
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.suite import Suite


@dataclass(frozen=True, slots=True)
class Ablation:
    """An ablation: its work, and the finding drawn from it."""

    computations: Callable[[Suite], list[Computation]]
    """Everything that has to be done; what it needs comes by itself."""
    finding: Callable[[Suite], Finding]
    """What came of it; only once all of that is done."""


ABLATIONS = {
    module.NAME: Ablation(module.computations, module.finding)
    for module in (
        comparison,
        transfer,
        observations,
        proxy,
        reward,
        dynamic_reset,
        mlas_vs_slas,
        random_search,
        payoff,
        search_choices,
    )
}
"""All ablations, in the paper's order; those that the paper does not have come last."""
