"""What `payoff` says in numbers and in words: scores, costs, and what may be claimed of their differences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from autogan_core.ablations.equal_cost.arm_record import ArmRecord
from autogan_core.ablations.pages.finding import Table
from autogan_core.ablations.pages.statistics import MAX_SEEDS, Estimate, mean, paired_ratio, seeds_needed
from autogan_core.ablations.suite.outcome import Outcome, estimates, protocol_words, succeeded
from autogan_core.training.cost import Cost


class Arm(Protocol):
    """What is read of an arm on one seed; `ArmRun` has it."""

    @property
    def seed(self) -> int:
        """The seed of the arm's run."""
        ...

    def record(self) -> ArmRecord:
        """What the arm spent."""
        ...

    def outcome(self) -> Outcome:
        """The arm's final scores."""
        ...


PayoffArms = Mapping[str, Sequence[Arm]]
"""An arm for each seed, by the arms' names in words; the first name is ours."""
_UNITS = {1e18: "10¹⁸", 1e15: "10¹⁵", 1e12: "10¹²", 1e9: "10⁹", 1e6: "10⁶"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours against one other arm, paired by seed. All intervals are corrected for the number of arms."""

    ratio: Estimate
    """Our FID over theirs: geometric mean, by a t test of the logarithms. This one decides."""
    fid: Estimate
    """Our FID minus theirs."""
    inception_score: Estimate
    """Our Inception score minus theirs."""
    seeds_for_fid: int | None
    """Seeds that would tell the ratio from 1 with a power of 0.8, if mean and spread are those seen."""
    seeds_for_inception_score: int | None
    """The same for the Inception score."""


def comparisons(arms: PayoffArms) -> dict[str, Comparison]:
    """Ours against each other arm, over the seeds on which both have scores."""
    ours, *others = arms
    outcomes = {name: [arm.outcome() for arm in of_arm] for name, of_arm in arms.items()}
    return {other: _comparison(outcomes[ours], outcomes[other], len(others)) for other in others}


def _comparison(ours: Sequence[Outcome], theirs: Sequence[Outcome], count: int) -> Comparison:
    other = {outcome.seed: outcome for outcome in succeeded(theirs)}
    pairs = [(outcome, other[outcome.seed]) for outcome in succeeded(ours) if outcome.seed in other]
    fids = [(a.fid, b.fid) for a, b in pairs]
    logarithms = [math.log(a / b) for a, b in fids]
    gains = [a.inception_score - b.inception_score for a, b in pairs]
    return Comparison(
        paired_ratio([a for a, _ in fids], [b for _, b in fids], count),
        mean([a - b for a, b in fids], count),
        mean(gains, count),
        seeds_needed(logarithms, count),
        seeds_needed(gains, count),
    )


def claims(compared: Mapping[str, Comparison], ours: str) -> str:
    """States which differences the intervals support.

    Returns:
        Two sentences, one for FID and one for the Inception score: the arms that ours is better than, worse than, and
        not distinguishable from.
    """
    fid = _claim(f"By FID {ours}", {name: c.ratio for name, c in compared.items()}, reference=1, lower_is_better=True)
    gains = {name: c.inception_score for name, c in compared.items()}
    return f"{fid} {_claim(f'By Inception score {ours}', gains, reference=0, lower_is_better=False)}"


def _claim(subject: str, estimates: Mapping[str, Estimate], reference: float, *, lower_is_better: bool) -> str:
    told = {name: e for name, e in estimates.items() if e.excludes(reference)}
    sides: dict[str, list[str]] = {"better than": [], "worse than": []}
    for name, estimate in told.items():
        better = (estimate.value < reference) == lower_is_better
        sides["better than" if better else "worse than"].append(f"{name} ({estimate.text()})")
    parts = [f"is {word} {', '.join(names)}" for word, names in sides.items() if names]
    rest = [name for name in estimates if name not in told]
    if rest:
        parts.append(f"is not told apart from {', '.join(rest)}")
    return f"{subject} {'; '.join(parts)}."


def comparison_table(compared: Mapping[str, Comparison], ours: str) -> Table:
    """Ours against each other arm, with the number of seeds that it would take to tell them apart."""
    rows = tuple(
        (
            name,
            f"{c.ratio.text()}{_verdict(c.ratio, 1, better_below=True)}",
            c.fid.text(),
            f"{c.inception_score.text()}{_verdict(c.inception_score, 0, better_below=False)}",
            _seeds(c.seeds_for_fid),
            _seeds(c.seeds_for_inception_score),
            str(c.ratio.count),
        )
        for name, c in compared.items()
    )
    caption = (
        f"{ours.capitalize()} against each other, paired by seed, final scores. FIDs are compared by their ratio (the "
        "t test is of the logarithms), Inception scores by their difference. Intervals are simultaneous: together, the "
        f"{len(compared)} of a score hold in 95 % of cases (Student's t, Bonferroni). Seeds needed: for an interval of "
        "this kind to exclude equality with a power of 0.8, if mean and spread are those seen; a dash where more than "
        f"{MAX_SEEDS:,} are, or where nobody can tell."
    )
    headers = (
        f"{ours.capitalize()} against",
        "FID, ratio",
        "FID, difference",
        "Inception score, difference",
        "Seeds needed, FID",
        "Seeds needed, Inception score",
        "Seeds",
    )
    return Table(headers, rows, caption)


def _verdict(estimate: Estimate, reference: float, *, better_below: bool) -> str:
    if not estimate.excludes(reference):
        return ""
    return " (better)" if (estimate.value < reference) == better_below else " (worse)"


def _seeds(needed: int | None) -> str:
    return "–" if needed is None else f"{needed:,}"


@dataclass(frozen=True, slots=True)
class EqualLength:
    """The final generators of ours and of another arm, compared after equally many generator steps."""

    steps: float
    """At which they are compared, mean over the seeds: the most that both were trained for and validated at."""
    ratio: Estimate
    """Our FID over theirs, by the validations there; corrected like a `Comparison`."""


def at_equal_length(records: Mapping[str, Sequence[ArmRecord]]) -> dict[str, EqualLength]:
    """Compares the chosen generators after equally long trainings, without the cost of choosing them.

    Args:
        records: of each arm, seed by seed in the same order; the first arm is ours.

    Returns:
        Comparisons with ours by arm; arms that share no length with ours are left out.
    """
    ours, *others = records
    found = {other: _equal_length(records[ours], records[other], len(others)) for other in others}
    return {other: comparison for other, comparison in found.items() if comparison}


def _equal_length(ours: Sequence[ArmRecord], theirs: Sequence[ArmRecord], count: int) -> EqualLength | None:
    compared: list[tuple[int, float, float]] = []
    for mine, other in zip(ours, theirs, strict=True):
        fids, known = dict(mine.course), dict(other.course)
        if common := fids.keys() & known.keys():
            compared.append((max(common), fids[max(common)], known[max(common)]))
    if not compared:
        return None
    steps, mine_then, theirs_then = zip(*compared, strict=True)
    return EqualLength(fmean(steps), paired_ratio(mine_then, theirs_then, count))


def equal_length_table(compared: Mapping[str, EqualLength], ours: str, validation: str) -> Table:
    """Tabulates the comparisons of `at_equal_length`.

    Args:
        compared: by the arms' names.
        ours: the name of ours.
        validation: how validations are scored, in words.

    Returns:
        A row for each arm.
    """
    rows = tuple(
        (name, f"{c.steps:,.0f}", f"{c.ratio.text()}{_verdict(c.ratio, 1, better_below=True)}", str(c.ratio.count))
        for name, c in compared.items()
    )
    caption = (
        f"The generator that {ours} ends with against the one that each other ends with, after equally many generator "
        "steps of its own training, the most that both have made: what was chosen, whatever choosing it has cost. "
        f"FIDs of validations ({validation}); intervals as above."
    )
    headers = (f"{ours.capitalize()} against", "Generator steps", "FID, ratio", "Seeds")
    return Table(headers, rows, caption)


def arms_table(arms: PayoffArms) -> Table:
    """The results and costs of every arm: means over the seeds."""
    records = {name: [arm.record() for arm in of_arm] for name, of_arm in arms.items()}
    ours = fmean(record.total.macs for record in next(iter(records.values())))
    scale, unit = macs_unit(ours)
    rows = tuple(_row(arms[name], of_arm, ours, scale) for name, of_arm in records.items())
    outcomes = {name: [arm.outcome() for arm in of_arm] for name, of_arm in arms.items()}
    caption = (
        f"Final scores of the best checkpoint: {protocol_words(outcomes)}. All else: means over the seeds. Cost: "
        "search, training and the scoring on the way; the final scores, equal for all, are not counted. "
        "Multiply-accumulates are those of both networks and the feature extractor, as published (a backward pass "
        "counts as two forward ones). Trained: generators, however far; its steps: of the one chosen. From half to "
        "all: the best FID on the way at all of the cost over that at half of it, a geometric mean with its own 95 % "
        "interval; 1 is flat."
    )
    headers = (
        "",
        "FID ↓",
        "Inception score ↑",
        "Came from",
        "Trained",
        "Its generator steps",
        "Discriminator steps, all",
        "Generator steps, all",
        "Images scored",
        f"Multiply-accumulates, {unit}".strip(", "),
        "Of ours, %",
        "Minutes",
        "From half to all",
    )
    return Table(headers, tuple((name, *row) for name, row in zip(records, rows, strict=True)), caption)


def _row(arms: Sequence[Arm], records: Sequence[ArmRecord], ours: float, scale: float) -> tuple[str, ...]:
    scores = estimates([arm.outcome() for arm in arms])
    cost, count = sum((record.total.cost for record in records), Cost()), len(records)
    macs = fmean(record.total.macs for record in records)
    return (
        scores["fid"].text(),
        scores["is"].text(),
        _origins(records),
        f"{fmean(record.trainings for record in records):,.0f}",
        f"{fmean(record.iterations for record in records):,.0f}",
        *(f"{n / count:,.0f}" for n in (cost.discriminator_steps, cost.generator_steps, cost.scored_images)),
        f"{macs / scale:.3g}",
        f"{100 * macs / ours:.1f}",
        f"{fmean(record.seconds for record in records) / 60:.1f}",
        half_to_all(records).text(),
    )


def _origins(records: Sequence[ArmRecord]) -> str:
    """Such as ``beam 4, incumbent 2``; the origin alone where it is the same on every seed."""
    counts = Counter(record.origin or "nothing" for record in records)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{origin} {count}" for origin, count in counts.most_common())


def half_to_all(records: Sequence[ArmRecord]) -> Estimate:
    """FID of the best generator at all of the cost over that at half of it, where there was one by then: 1 is flat."""
    pairs = [(record.fid_at(record.total.macs), record.fid_at(record.total.macs / 2)) for record in records]
    known = [(end, half) for end, half in pairs if end and half]
    return paired_ratio([end for end, _ in known], [half for _, half in known])


def choices_table(arms: PayoffArms) -> Table:
    """The architectures that the choosing arms have chosen, on every seed."""
    rows = [
        (str(arm.seed), name, record.trained or "nothing", record.origin or "–", f"{arm.outcome().fid:.2f}")
        for name, of_arm in arms.items()
        for arm in of_arm
        if (record := arm.record()).trainings > 1 or record.searched.macs
    ]
    caption = (
        "Chosen by the lowest FID at the end of the last rung; the final FID is measured afterwards, on other images. "
        "Beam: kept by the search; candidate: scored in it; incumbent: known before; random: drawn uniformly."
    )
    return Table(("Seed", "Arm", "Chosen", "Came from", "Final FID"), tuple(rows), caption)


def macs_unit(macs: float) -> tuple[float, str]:
    """A power of ten that leaves a handy number, and how it is written."""
    return next(((scale, unit) for scale, unit in _UNITS.items() if macs >= scale), (1.0, ""))
