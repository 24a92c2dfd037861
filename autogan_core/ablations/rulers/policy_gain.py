"""What each stage of a search has learned: draws of its policy against uniform ones, on the same weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from autogan_core.ablations.figures.figures import Bar, BarPanel
from autogan_core.ablations.pages.finding import Table
from autogan_core.ablations.pages.statistics import Estimate, difference, mean
from autogan_core.ablations.suite.outcome import difference_words
from autogan_core.ablations.suite.policy_draws import Draws
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Plan
from autogan_core.metrics.protocols import reward_words

_TITLE = "Draws of the policy minus uniform draws"


@dataclass(frozen=True, slots=True)
class Gain:
    """One stage: mean rewards of the policy's draws and of uniform ones, on the weights before its derivation."""

    stage: int
    """The stage, from 1."""
    policy: dict[int, float]
    """Seed -> mean reward."""
    uniform: dict[int, float]
    by_seed: dict[int, Estimate]
    """Seed -> difference, with Welch's interval over its draws."""

    @property
    def over_seeds(self) -> Estimate:
        """The mean difference, with its interval over the seeds; of one seed that seed's own."""
        found = list(self.by_seed.values())
        return found[0] if len(found) == 1 else mean([estimate.value for estimate in found])


def policy_gains(searches: Sequence[Search]) -> list[Gain]:
    """Computes what the policy gains over uniform draws in each stage.

    Args:
        searches: one for each seed, of a compared variant, done.

    Returns:
        A gain for each stage, without seeds on which all draws of a kind got no reward.
    """
    draws = {search.seed: search.draws() for search in searches}
    stages = range(min(map(len, draws.values())))
    return [_gain(stage + 1, {seed: found[stage] for seed, found in draws.items()}) for stage in stages]


def gain_panel(gains: Sequence[Gain]) -> BarPanel | None:
    """A row for each stage; None where nothing can be compared."""
    bars = tuple(
        Bar(f"stage {gain.stage}", tuple(e.value for e in gain.by_seed.values()), gain.over_seeds)
        for gain in gains
        if gain.by_seed
    )
    return BarPanel(_TITLE, "difference of mean rewards", bars, reference=0) if bars else None


def gain_sentence(gains: Sequence[Gain]) -> str:
    """States for each stage what the intervals over the seeds support."""
    parts = [f"stage {gain.stage} {_words(gain.over_seeds)}" for gain in gains]
    return f"Mean reward of the policy's draws minus that of uniform ones: {', '.join(parts)}."


def gain_table(gains: Sequence[Gain], plan: Plan, accuracy: float | None) -> Table:
    """Tabulates the gains.

    Args:
        gains: of all stages.
        plan: the ablations'.
        accuracy: of the classifier that scores the images; None with Inception.

    Returns:
        Rows by stage and seed.
    """
    config = plan.config(plan.seeds[0])
    rows = [row for gain in gains for row in _rows(gain)]
    caption = (
        f"{_TITLE}: {plan.budget.compared_draws} of each, which extend the same beams, scored before the stage is "
        f"derived, on the weights as they are then. {reward_words(config.search.reward, config.scores, accuracy)}. "
        "In brackets 95 % intervals: of a seed over its draws (Welch), of all over the seeds (Student's t)."
    )
    return Table(("Stage", "Seed", "Policy", "Uniform", "Difference"), tuple(rows), caption)


def gains_json(gains: Sequence[Gain]) -> dict[str, Any]:
    """Converts the gains to JSON values, by stage."""
    return {
        str(gain.stage): {
            "policy": {str(seed): value for seed, value in gain.policy.items()},
            "uniform": {str(seed): value for seed, value in gain.uniform.items()},
            "difference": {str(seed): estimate.to_json() for seed, estimate in gain.by_seed.items()},
            "over_seeds": gain.over_seeds.to_json(),
        }
        for gain in gains
    }


def _gain(stage: int, draws: dict[int, Draws]) -> Gain:
    known = {
        seed: tuple([value for value in kind if value is not None] for kind in (found.policy, found.uniform))
        for seed, found in draws.items()
    }
    both = {seed: (policy, uniform) for seed, (policy, uniform) in known.items() if policy and uniform}
    return Gain(
        stage,
        {seed: fmean(policy) for seed, (policy, _) in both.items()},
        {seed: fmean(uniform) for seed, (_, uniform) in both.items()},
        {seed: difference(policy, uniform) for seed, (policy, uniform) in both.items()},
    )


def _rows(gain: Gain) -> list[tuple[str, ...]]:
    seeds: list[tuple[str, ...]] = [
        (str(gain.stage), str(seed), f"{gain.policy[seed]:.2f}", f"{gain.uniform[seed]:.2f}", _words(estimate))
        for seed, estimate in gain.by_seed.items()
    ]
    if len(seeds) < 2:
        return seeds
    means = (f"{fmean(values.values()):.2f}" for values in (gain.policy, gain.uniform))
    return [*seeds, (str(gain.stage), "all", *means, _words(gain.over_seeds))]


def _words(estimate: Estimate) -> str:
    return difference_words(estimate, "better", "worse")
