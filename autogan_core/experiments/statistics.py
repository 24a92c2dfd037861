"""Means, differences, shares and rank correlations with their intervals, all by SciPy.

Every interval is a 95 % confidence interval. Where there are too few numbers for one, its ends are None, and nothing
may be claimed from it.
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


def mean(values: Sequence[float]) -> Estimate:
    """The mean of independent numbers, NaN of none; with Student's t interval, from two numbers on."""
    if not values:
        return Estimate(math.nan, None, None, 0)
    average, count = float(np.mean(values)), len(values)
    if count < 2:
        return Estimate(average, None, None, count)
    spread = float(stats.sem(values))
    if spread == 0:  # a scale that SciPy does not take; the interval is a point
        return Estimate(average, average, average, count)
    low, high = stats.t.interval(LEVEL, count - 1, loc=average, scale=spread)
    return Estimate(average, float(low), float(high), count)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """Mean of ``ours`` minus ``theirs``, paired by their place (a common seed), with Student's t interval."""
    return mean([a - b for a, b in zip(ours, theirs, strict=True)])


def share(count: int, total: int) -> Estimate:
    """``count`` in ``total`` independent trials, NaN of none; with Wilson's interval."""
    if not total:
        return Estimate(math.nan, None, None, 0)
    interval = stats.binomtest(count, total).proportion_ci(LEVEL, method="wilson")
    return Estimate(count / total, float(interval.low), float(interval.high), total)


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> Estimate:
    """Spearman's correlation of pairs, with a bootstrap interval (BCa, seeded) over the pairs.

    NaN where all of ``x`` or all of ``y`` are equal, as in fewer than two pairs. The interval of a perfect correlation
    is a point, like that of a mean of equal numbers.
    """
    pairs = (np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    if any(len(set(values)) < 2 for values in pairs):
        return Estimate(math.nan, None, None, len(pairs[0]))
    value = float(stats.spearmanr(*pairs).statistic)
    if len(pairs[0]) < MIN_FOR_CORRELATION:
        return Estimate(value, None, None, len(pairs[0]))
    if math.isclose(abs(value), 1):  # every resample is perfect too, which leaves BCa nothing to correct by
        return Estimate(value, value, value, len(pairs[0]))
    with warnings.catch_warnings():
        # A resample of equal numbers has no correlation; with so many pairs they are too rare to count.
        warnings.simplefilter("ignore")
        interval = stats.bootstrap(
            pairs,
            _spearman,
            paired=True,
            vectorized=True,
            n_resamples=_RESAMPLES,
            confidence_level=LEVEL,
            method="BCa",
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
    low, high = float(interval.low), float(interval.high)
    known = np.isfinite(low) and np.isfinite(high)
    return Estimate(value, low if known else None, high if known else None, len(pairs[0]))


def _spearman(x: NDArray[Any], y: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """Spearman's correlation along an axis: Pearson's of the ranks."""
    ranks = (stats.rankdata(x, axis=axis), stats.rankdata(y, axis=axis))
    result: NDArray[Any] = stats.pearsonr(*ranks, axis=axis).statistic
    return result
