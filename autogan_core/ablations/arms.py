"""Comparisons of ways to search: the same for each of the paper's ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import Arms
from autogan_core.ablations.suite.searches import Retraining, Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import Variant


def searches(suite: Suite, variants: Mapping[str, Variant]) -> dict[str, list[Search]]:
    """Each variant's search on every seed."""
    return {name: [Search(suite, variant, seed) for seed in suite.plan.seeds] for name, variant in variants.items()}


def retrainings(arms: Mapping[str, Sequence[Search]]) -> list[Computation]:
    """All searches, and what they find retrained; seeds vary slowest, so that a part of it is a whole comparison."""
    per_seed = zip(*arms.values(), strict=True)
    return [Retraining(search) for of_seed in per_seed for search in of_seed]


def outcomes(arms: Mapping[str, Sequence[Search]]) -> Arms:
    """The final scores of each search's retrained architectures."""
    return {name: [Retraining(search).outcome() for search in found] for name, found in arms.items()}
