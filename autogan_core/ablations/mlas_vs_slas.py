"""``mlas-vs-slas``: one controller for each cell, or one for all of them (paper, section 4.3.4 and Figure 10)."""

from __future__ import annotations

from autogan_core.ablations.arms import outcomes, retrainings, searches
from autogan_core.ablations.figures import curves
from autogan_core.ablations.figures.figures import curves_figure
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.pages.statistics import paired_difference
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import arms_json, comparison_sentences, difference_words, outcome_table
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import MLAS, SLAS

NAME = "mlas-vs-slas"
_ARMS = {"MLAS": MLAS, "SLAS": SLAS}


def computations(suite: Suite) -> list[Computation]:
    """Both searches on every seed, and what they find retrained."""
    return retrainings(searches(suite, _ARMS))


def finding(suite: Suite) -> Finding:
    """Rewards along both searches, their times, and the final scores of what they found."""
    arms = searches(suite, _ARMS)
    final, minutes = outcomes(arms), curves.minutes(arms)
    first, last = (curves.reward_difference(arms["MLAS"], arms["SLAS"], place) for place in (0, -1))
    slower = paired_difference(*([search.seconds() / 60 for search in arms[name]] for name in ("SLAS", "MLAS")))
    return Finding(
        name=NAME,
        title="Multi-level against single-level search",
        paper="SLAS has the higher Inception score at the beginning; MLAS grows and finally outperforms it. SLAS is "
        "much slower, since its images always have the final size (section 4.3.4, Figure 10).",
        here=f"Mean reward, MLAS minus SLAS: {difference_words(first, 'higher', 'lower')} in the first iteration, "
        f"{difference_words(last, 'higher', 'lower')} in the last one before the final derivation. Search time, SLAS "
        f"minus MLAS, in minutes: {difference_words(slower, 'slower', 'faster')}. What was found, retrained: "
        f"{comparison_sentences(final, 'MLAS')}",
        figure=curves_figure(
            curves.reward_panels(arms),
            "Mean reward of the candidates along the multi-level and the single-level search",
        ),
        caption=f"{curves.reward_caption(suite)} Dashed: where MLAS adds a cell, and its images double; before "
        "the last of them its scores are of smaller images.",
        command=suite.command_for(NAME),
        tables=(outcome_table(final, {"Search, minutes": {name: e.text(1) for name, e in minutes.items()}}),),
        data={
            "searches": curves.searches_json(arms),
            "outcomes": arms_json(final),
            "reward_difference_first": first.to_json(),
            "reward_difference_last": last.to_json(),
            "slas_minus_mlas_minutes": slower.to_json(),
        },
    )
