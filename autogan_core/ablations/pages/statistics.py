"""Means, differences, shares and rank correlations with their intervals, all by SciPy.

Every interval is a 95 % confidence interval; of several that are made together, all hold at once in 95 % of cases, if
their number is given (Bonferroni: each is one of a higher level). Where there are too few numbers for an interval, its
ends are None, and nothing may be claimed from it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LEVEL = 0.95
"""Confidence level of every interval."""
MIN_FOR_CORRELATION = 8
"""Fewer pairs give no interval: their resamples would often hold one pair only."""
MAX_SEEDS = 1000
"""More are not counted by `seeds_needed`."""
_RESAMPLES = 9999
_SEED = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % confidence interval."""

    value: float
    low: float | None
    """None: too few numbers for an interval."""
    high: float | None
    count: int
    """How many numbers it was estimated from."""

    def text(self, digits: int = 2) -> str:
        """``6.71 [6.50, 6.92]``; the number alone when there is no interval, a dash when there is no number."""
        if math.isnan(self.value):
            return "–"
        if self.low is None or self.high is None:
            return f"{self.value:.{digits}f}"
        return f"{self.value:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"

    def excludes(self, reference: float) -> bool:
        """Whether the interval lies on one side of ``reference``; never without an interval."""
        return self.low is not None and self.high is not None and not self.low <= reference <= self.high

    def to_json(self) -> dict[str, float | int | None]:
        """Plain values; a number that there is not is None."""
        value = None if math.isnan(self.value) else self.value
        return {"value": value, "low": self.low, "high": self.high, "count": self.count}


def mean(values: Sequence[float], comparisons: int = 1) -> Estimate:
    """Estimates the mean of independent numbers.

    Args:
        values: the numbers.
        comparisons: how many such intervals are made together.

    Returns:
        The mean, NaN without numbers; with Student's t interval from two numbers on.
    """
    if not values:
        return Estimate(math.nan, None, None, 0)
    average, count = float(np.mean(values)), len(values)
    if count < 2:
        return Estimate(average, None, None, count)
    spread = float(stats.sem(values))
    if spread == 0:  # a scale that SciPy does not take; the interval is a point
        return Estimate(average, average, average, count)
    low, high = stats.t.interval(_joint_level(comparisons), count - 1, loc=average, scale=spread)
    return Estimate(average, float(low), float(high), count)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """Mean of ``ours`` minus ``theirs``, paired by their place (a common seed), with Student's t interval."""
    return mean([a - b for a, b in zip(ours, theirs, strict=True)])


def paired_ratio(ours: Sequence[float], theirs: Sequence[float], comparisons: int = 1) -> Estimate:
    """Estimates the geometric mean of ``ours`` over ``theirs``, paired by their place.

    Args:
        ours: positive numbers.
        theirs: positive numbers, as many.
        comparisons: how many such intervals are made together.

    Returns:
        The mean ratio > 0; with Student's t interval of the logarithms from two pairs on.
    """
    logarithm = mean([math.log(a / b) for a, b in zip(ours, theirs, strict=True)], comparisons)
    low, high = (None if end is None else math.exp(end) for end in (logarithm.low, logarithm.high))
    return Estimate(math.exp(logarithm.value), low, high, logarithm.count)


def seeds_needed(differences: Sequence[float], comparisons: int = 1, power: float = 0.8) -> int | None:
    """How many such numbers give a t interval that excludes 0, with the mean and the spread of those seen.

    Args:
        differences: paired differences, one for each seed.
        comparisons: how many such intervals are made together.
        power: how likely the interval is to exclude 0.

    Returns:
        At least 2; None when more than `MAX_SEEDS` are needed, or fewer than two differences cannot tell.
    """
    if len(differences) < 2:
        return None
    average, spread = float(np.mean(differences)), float(np.std(differences, ddof=1))
    if spread == 0:
        return 2 if average else None
    tail = (1 - _joint_level(comparisons)) / 2
    counts = np.arange(2, MAX_SEEDS + 1)
    effects, limits = abs(average) / spread * np.sqrt(counts), stats.t.ppf(1 - tail, counts - 1)
    powers = stats.nct.sf(limits, counts - 1, effects)  # the other tail would be a difference of the wrong sign
    enough = counts[powers >= power]
    return int(enough[0]) if len(enough) else None


def share(count: int, total: int) -> Estimate:
    """``count`` in ``total`` independent trials, NaN of none; with Wilson's interval."""
    if not total:
        return Estimate(math.nan, None, None, 0)
    interval = stats.binomtest(count, total).proportion_ci(LEVEL, method="wilson")
    return Estimate(count / total, float(interval.low), float(interval.high), total)


def difference(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """Estimates the mean of ``ours`` minus that of ``theirs``, two independent samples.

    The samples may differ in size and in spread.

    Returns:
        The difference, NaN if a sample is empty; with Welch's t interval if both have two numbers or more.
    """
    if not ours or not theirs:
        return Estimate(math.nan, None, None, 0)
    value, count = float(np.mean(ours) - np.mean(theirs)), len(ours) + len(theirs)
    if min(len(ours), len(theirs)) < 2:
        return Estimate(value, None, None, count)
    if len(set(ours)) == len(set(theirs)) == 1:  # no spread: SciPy would divide by it
        return Estimate(value, value, value, count)
    interval = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(LEVEL)
    return Estimate(value, float(interval.low), float(interval.high), count)


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> Estimate:
    """Estimates Spearman's correlation of pairs.

    The interval of a perfect correlation is a point, like that of a mean of equal numbers.

    Returns:
        The correlation in [-1, 1], NaN where all of ``x`` or all of ``y`` are equal, as in fewer than two pairs; with a
        bootstrap interval (BCa, seeded) over the pairs.
    """
    return mean_rank_correlation([x], y)


def mean_rank_correlation(columns: Sequence[Sequence[float]], y: Sequence[float]) -> Estimate:
    """The mean of several columns' Spearman correlations with ``y``, with a bootstrap interval (BCa, seeded).

    Args:
        columns: at least one; each has a number for every item.
        y: a number for every item. Items are resampled, in all columns at once; the columns are not.

    Returns:
        As `rank_correlation`; NaN where any column's correlation is.
    """
    count = len(y)
    if any(len(set(values)) < 2 for values in (*columns, y)):
        return Estimate(math.nan, None, None, count)
    statistic = _MeanSpearman(columns, y)
    items = np.arange(count)
    value = float(statistic(items))
    if count < MIN_FOR_CORRELATION:
        return Estimate(value, None, None, count)
    if math.isclose(abs(value), 1):  # every resample is perfect too, which leaves BCa nothing to correct by
        return Estimate(value, value, value, count)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        # A resample of equal numbers has no correlation; with so many items they are too rare to count.
        warnings.simplefilter("ignore")
        interval = stats.bootstrap(
            (items,),
            statistic,
            vectorized=True,
            n_resamples=_RESAMPLES,
            confidence_level=LEVEL,
            method="BCa",
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
    low, high = float(interval.low), float(interval.high)
    known = np.isfinite(low) and np.isfinite(high)
    return Estimate(value, low if known else None, high if known else None, count)


def _joint_level(comparisons: int) -> float:
    return 1 - (1 - LEVEL) / comparisons


class _MeanSpearman:
    """Mean Spearman correlation of resampled items with ``y``: thousands of resamples at once.

    Ranks within a resample follow from how often each item is in it: a product of matrices, where ranking each resample
    anew would take ten times as long.
    """

    def __init__(self, columns: Sequence[Sequence[float]], y: Sequence[float]) -> None:
        self._below = [_below(column) for column in columns]
        self._below_y = _below(y)

    def __call__(self, items: NDArray[Any], axis: int = -1) -> NDArray[Any]:
        """Correlation of each row of indices of items (..., N)."""
        rows = np.moveaxis(np.atleast_2d(items), axis, -1)
        count = len(self._below_y)
        placed = (rows + count * np.arange(len(rows))[:, None]).ravel()
        counts = np.bincount(placed, minlength=count * len(rows)).reshape(len(rows), count).astype(float)
        y = _centred_ranks(counts, self._below_y)
        correlations = [_correlation(counts, _centred_ranks(counts, below), y) for below in self._below]
        result: NDArray[Any] = np.mean(correlations, axis=0)
        return result if np.ndim(items) > 1 else result[0]


def _below(values: Sequence[float]) -> NDArray[np.float32]:
    """Entry (j, i): 1 where item j is smaller than item i, one half where they are equal."""
    x = np.asarray(values, dtype=float)
    below: NDArray[np.float32] = ((x[:, None] < x) + 0.5 * (x[:, None] == x)).astype(np.float32)
    return below


def _centred_ranks(counts: NDArray[np.float64], below: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ranks the items of resamples; ``counts`` (B, N) says how often each resample holds each item.

    Halves of integers are exact in single precision, in which a matrix product takes a quarter of the time.

    Returns:
        Ranks (B, N), ties shared, less the mean rank.
    """
    ranks = (counts.astype(np.float32) @ below).astype(np.float64)
    centred: NDArray[np.float64] = ranks - 0.5 * counts.sum(axis=1, keepdims=True)
    return centred


def _correlation(counts: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    def sums(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        total: NDArray[np.float64] = np.einsum("bn,bn,bn->b", counts, a, b)
        return total

    correlation: NDArray[np.float64] = sums(x, y) / np.sqrt(sums(x, x) * sums(y, y))
    return correlation
