"""``dynamic-reset``: what resetting a collapsed shared GAN is worth (paper, section 4.3.3 and Figure 9)."""

from __future__ import annotations

from autogan_core.ablations.arms import outcomes, retrainings, searches
from autogan_core.ablations.figures import curves
from autogan_core.ablations.figures.curves import Searches
from autogan_core.ablations.figures.figures import curves_figure
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.pages.statistics import paired_difference
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import arms_json, comparison_sentences, difference_words, outcome_table
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import MLAS, NO_RESET

NAME = "dynamic-reset"
_WITH, _WITHOUT = "with resetting", "without"
_ARMS = {_WITH: MLAS, _WITHOUT: NO_RESET}


def computations(suite: Suite) -> list[Computation]:
    """Both searches on every seed, and what they find retrained."""
    return retrainings(searches(suite, _ARMS))


def finding(suite: Suite) -> Finding:
    """Rewards and times with and without resetting, and how often it happened."""
    arms = searches(suite, _ARMS)
    final, minutes = outcomes(arms), curves.minutes(arms)
    resets = sum(m.reset for search in arms[_WITH] for m in search.measures())
    steps = {name: sum(m.steps for search in found for m in search.measures()) for name, found in arms.items()}
    last = curves.reward_difference(arms[_WITH], arms[_WITHOUT], -1)
    time = paired_difference(*([search.seconds() / 60 for search in arms[name]] for name in (_WITH, _WITHOUT)))
    columns = {
        "Search, minutes": {name: estimate.text(1) for name, estimate in minutes.items()},
        "Training steps, all seeds": {name: f"{count:,}" for name, count in steps.items()},
    }
    return Finding(
        name=NAME,
        title="Dynamic resetting",
        paper="With and without resetting the searches reach comparable Inception scores, in 43 hours with it and "
        "72 without (section 4.3.3, Figure 9).",
        here=f"{_events(arms, resets)} Steps of training: {steps[_WITH]:,} with, {steps[_WITHOUT]:,} without. Time, "
        f"with minus without, in minutes: {difference_words(time, 'slower', 'faster')}. Mean reward in the last "
        f"iteration, with minus without: {difference_words(last, 'higher', 'lower')}. What was found, retrained: "
        f"{comparison_sentences(final, _WITH)}",
        figure=curves_figure(
            curves.reward_panels(arms),
            "Mean reward of the candidates along the search, with and without dynamic resetting",
        ),
        caption=f"{curves.reward_caption(suite)} Dashed: where a cell is added.",
        command=suite.command_for(NAME),
        tables=(outcome_table(final, columns),),
        data={
            "searches": curves.searches_json(arms),
            "outcomes": arms_json(final),
            "resets": resets,
            "training_steps": steps,
            "minutes_difference": time.to_json(),
            "reward_difference_last": last.to_json(),
        },
    )


def _events(arms: Searches, resets: int) -> str:
    reset = arms[_WITH][0].config.search.dynamic_reset
    iterations = sum(m.phase == "search" for search in arms[_WITH] for m in search.measures())
    rule = f"{reset.statistic} of the last {reset.window} losses below {reset.threshold:g}"
    if resets:
        return f"Resetting ({rule}) ended {resets} of {iterations} iterations early."
    equal = _rewards(arms, _WITH) == _rewards(arms, _WITHOUT)
    same = ": both arms compute the same, and their rewards are equal to the last digit" if equal else ""
    return f"No loss came to rest ({rule}) in any of {iterations} iterations, so nothing was ever reset{same}."


def _rewards(arms: Searches, name: str) -> list[float | None]:
    return [m.reward for search in arms[name] for m in search.measures()]
