"""``reward-is-vs-fid``: the Inception score or 1 / FID as the reward (paper, section 4.3.2 and Figure 8)."""

from __future__ import annotations

from autogan_core.ablations.arms import outcomes, retrainings, searches
from autogan_core.ablations.figures import curves
from autogan_core.ablations.figures.figures import curves_figure
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.pages.statistics import paired_difference
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import arms_json, comparison_sentences, difference_words, outcome_table
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import FID_REWARD, MLAS
from autogan_core.metrics.protocols import reward_protocol

NAME = "reward-is-vs-fid"
_IS, _FID = "IS as reward", "1 / FID as reward"
_ARMS = {_IS: MLAS, _FID: FID_REWARD}


def computations(suite: Suite) -> list[Computation]:
    """Both searches on every seed, and what they find retrained."""
    return retrainings(searches(suite, _ARMS))


def finding(suite: Suite) -> Finding:
    """Both scores along both searches, and the final scores of what they found."""
    arms = searches(suite, _ARMS)
    final, minutes = outcomes(arms), curves.minutes(arms)
    config, probed = suite.plan.config(suite.plan.seeds[0]), suite.plan.budget.probed_architectures
    time = paired_difference(*([search.seconds() / 60 for search in arms[name]] for name in (_FID, _IS)))
    return Finding(
        name=NAME,
        title="Inception score against FID as the reward",
        paper="Both scores improve along both searches, which perform comparably; FID takes more time to compute "
        "(section 4.3.2, Figure 8).",
        here=f"What was found, retrained: {comparison_sentences(final, _IS)} Search time, with 1 / FID minus with the "
        f"Inception score, in minutes: {difference_words(time, 'slower', 'faster')}.",
        figure=curves_figure(
            [
                curves.over_iterations(arms, "Inception score (higher is better)", "IS", lambda m: m.inception_score),
                curves.over_iterations(arms, "FID (lower is better)", "FID", lambda m: m.fid),
            ],
            "Inception score and FID of candidates along searches rewarded by either",
        ),
        caption=f"Both scores of the first {probed} candidates of each iteration, on the weights as they were then, "
        f"at the image size of the stage: {reward_protocol(config.search.reward, config.scores, suite.accuracy)}. Thin "
        f"lines: {suite.plan.seed_words}; bold: their mean, with its 95 % interval. Dashed: where a cell is added.",
        command=suite.command_for(NAME),
        tables=(outcome_table(final, {"Search, minutes": {name: e.text(1) for name, e in minutes.items()}}),),
        data={
            "searches": curves.searches_json(arms),
            "outcomes": arms_json(final),
            "minutes_difference": time.to_json(),
        },
    )
