"""``random-search``: the search against random search with and without shared weights (paper, section 4.3.5)."""

from __future__ import annotations

from autogan_core.ablations.arms import outcomes, searches
from autogan_core.ablations.figures.bars import score_panels
from autogan_core.ablations.figures.figures import Bar, BarPanel, intervals_figure
from autogan_core.ablations.pages.finding import Finding
from autogan_core.ablations.pages.statistics import mean
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import (
    Arms,
    arms_json,
    comparison_sentences,
    outcome_table,
    protocol_words,
)
from autogan_core.ablations.suite.scratch_search import FoundFromScratch, ScratchSearch
from autogan_core.ablations.suite.searches import Retraining, Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.trainings import TrainedFromScratch
from autogan_core.ablations.suite.variants import MLAS, RANDOM_SHARED

NAME = "random-search"
_OURS, _SHARED, _SCRATCH = "AutoGAN (MLAS)", "random, shared weights", "random, from scratch"
_ARMS = {_OURS: MLAS, _SHARED: RANDOM_SHARED}


def computations(suite: Suite) -> list[Computation]:
    """The three searches on every seed, and what they find retrained."""
    arms = searches(suite, _ARMS)
    found: list[Computation] = []
    for ours, shared in zip(*arms.values(), strict=True):
        found += [Retraining(ours), Retraining(shared), _from_scratch(ours)]
    return found


def finding(suite: Suite) -> Finding:
    """The final scores of what each search found, and what each spent."""
    arms = searches(suite, _ARMS)
    final: Arms = {
        **outcomes(arms),
        _SCRATCH: [_from_scratch(search).outcome() for search in arms[_OURS]],
    }
    tried = [ScratchSearch(search).result() for search in arms[_OURS]]
    seconds = {name: [search.seconds() for search in found] for name, found in arms.items()}
    seconds[_SCRATCH] = [result.seconds for result in tried]
    minutes = {name: tuple(spent / 60 for spent in of_arm) for name, of_arm in seconds.items()}
    scored = {name: [_scored(search) for search in found] for name, found in arms.items()}
    scored[_SCRATCH] = [result.architectures for result in tried]
    columns = {
        "Search, minutes": {name: mean(values).text(1) for name, values in minutes.items()},
        "Architectures scored": {name: f"{mean(counts).value:.0f}" for name, counts in scored.items()},
    }
    time = BarPanel("Search time", "minutes", tuple(Bar(n, values, mean(values)) for n, values in minutes.items()))
    return Finding(
        name=NAME,
        title="Random search",
        paper="Random search for 48 hours finds architectures of IS 8.09 and FID 17.34 with shared weights, 7.97 "
        "and 21.39 without; both are inferior to AutoGAN's 8.55 and 12.42 (section 4.3.5).",
        here=f"What was found in equal time, retrained: {comparison_sentences(final, _OURS)}",
        figure=intervals_figure([*score_panels(final), time], "Final scores and times of the three searches"),
        caption=f"Final scores of the best checkpoint: {protocol_words(final)}. Dots: single seeds. With shared "
        "weights the random search makes as many iterations as AutoGAN's; from scratch it trains architectures one "
        f"by one, each for {100 * suite.plan.budget.early_stopping:g} % of a retraining, until the time of AutoGAN's "
        "search on the same seed is over, and takes the highest Inception score.",
        command=suite.command_for(NAME),
        tables=(outcome_table(final, columns),),
        data={
            "outcomes": arms_json(final),
            "minutes": {name: list(values) for name, values in minutes.items()},
            "architectures_scored": scored,
        },
    )


def _from_scratch(ours: Search) -> TrainedFromScratch:
    return TrainedFromScratch(ours.suite, FoundFromScratch(ScratchSearch(ours)), ours.seed)


def _scored(search: Search) -> int:
    return len({architecture for record in search.open().history for architecture, _ in record.scored})
