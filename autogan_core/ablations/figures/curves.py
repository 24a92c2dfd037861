"""Measurements along searches, as curves over iterations or time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from autogan_core.ablations.figures.figures import Curve, CurvePanel
from autogan_core.ablations.pages.statistics import Estimate, mean
from autogan_core.ablations.suite.searches import Search, SlotMeasures
from autogan_core.ablations.suite.suite import Suite
from autogan_core.metrics.protocols import reward_words

Searches = Mapping[str, Sequence[Search]]
"""The arms of a comparison, by their names in words: a search for each seed, in the same order of seeds."""
Measure = Callable[[SlotMeasures], float | None]
"""Picks what a curve shows."""
_LONG = 3 * 3600
"""Seconds from which on an axis counts hours instead of minutes."""


def over_iterations(arms: Searches, title: str, ylabel: str, measure: Measure) -> CurvePanel:
    """A panel with a measure of every slot, derivations included."""
    curves = tuple(
        Curve(name, tuple(_points(((float(m.slot), m) for m in search.measures()), measure) for search in searches))
        for name, searches in arms.items()
    )
    return CurvePanel(title, "search iteration", ylabel, curves, _borders(arms))


def over_time(arms: Searches, title: str, ylabel: str, measure: Measure) -> CurvePanel:
    """Plots the same curves over the time since the start of each search."""
    longest = max(search.seconds() for searches in arms.values() for search in searches)
    unit, scale = ("hours", 3600) if longest > _LONG else ("minutes", 60)
    curves = tuple(
        Curve(name, tuple(_points(_timed(search.measures(), scale), measure) for search in searches))
        for name, searches in arms.items()
    )
    return CurvePanel(title, unit, ylabel, curves)


def reward_panels(arms: Searches) -> list[CurvePanel]:
    """Mean rewards along the searches, by iteration and by time."""
    return [
        over_iterations(arms, "By iteration", "mean reward", _reward),
        over_time(arms, "By time", "mean reward", _reward),
    ]


def reward_caption(suite: Suite) -> str:
    """What `reward_panels` show, but for the dashed lines."""
    plan = suite.plan
    config = plan.config(plan.seeds[0])
    rewards = reward_words(config.search.reward, config.scores, suite.accuracy)
    return (
        f"Mean reward of each iteration's candidates: {rewards}. Thin lines: {plan.seed_words}; bold: their mean, with "
        "its 95 % interval."
    )


def _reward(measures: SlotMeasures) -> float | None:
    return measures.reward


def reward_difference(ours: Sequence[Search], theirs: Sequence[Search], place: int) -> Estimate:
    """Compares the mean rewards of an iteration, paired over the seeds on which neither search failed.

    Args:
        ours: a search for each seed.
        theirs: likewise.
        place: which iteration, as an index: 0 is the first, -1 the last; derivations are none.

    Returns:
        The mean of ours minus theirs, with its interval.
    """
    pairs = zip((_reward_at(s, place) for s in ours), (_reward_at(s, place) for s in theirs), strict=True)
    return mean([a - b for a, b in pairs if a is not None and b is not None])


def minutes(arms: Searches) -> dict[str, Estimate]:
    """Search time of each arm: mean over the seeds."""
    return {name: mean([search.seconds() / 60 for search in searches]) for name, searches in arms.items()}


def searches_json(arms: Searches) -> dict[str, Any]:
    """Every measure of every search, as JSON values: arm -> seed -> slots."""
    return {
        name: {str(search.seed): [asdict(measures) for measures in search.measures()] for search in searches}
        for name, searches in arms.items()
    }


def _reward_at(search: Search, place: int) -> float | None:
    return [m for m in search.measures() if m.phase == "search"][place].reward


def _points(places: Iterable[tuple[float, SlotMeasures]], measure: Measure) -> tuple[tuple[float, float], ...]:
    found = ((x, measure(m)) for x, m in places)
    return tuple((x, value) for x, value in found if value is not None)


def _timed(measures: Sequence[SlotMeasures], scale: float) -> list[tuple[float, SlotMeasures]]:
    ends = itertools.accumulate(m.seconds / scale for m in measures)
    return list(zip(ends, measures, strict=True))


def _borders(arms: Searches) -> tuple[float, ...]:
    """The borders between the stages of the first arm with several stages."""
    for searches in arms.values():
        measures = searches[0].measures()
        borders = [b.slot - 0.5 for a, b in itertools.pairwise(measures) if b.stage > a.stage]
        if borders:
            return tuple(borders)
    return ()
