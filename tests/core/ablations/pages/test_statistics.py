"""Means, differences, shares and rank correlations against closed forms and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from autogan_core.ablations.pages.statistics import (
    MIN_FOR_CORRELATION,
    Estimate,
    difference,
    mean,
    mean_rank_correlation,
    paired_difference,
    paired_ratio,
    rank_correlation,
    seeds_needed,
    share,
)

T_975 = {1: 12.706204736, 2: 4.302652730, 4: 2.776445105}
"""Student's t at 97.5 %, by degrees of freedom: from tables."""


def ends(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None and estimate.high is not None
    return estimate.low, estimate.high


class TestMean:
    """Means and Student's t."""

    @pytest.mark.parametrize("values", [[3.0, 5.0], [1.0, 2.0, 6.0], [8.5, 8.4, 8.41, 9.1, 7.9]])
    def test_interval_is_t_times_the_standard_error(self, values: list[float]) -> None:
        """The closed form, with t from a table."""
        n = len(values)
        average = sum(values) / n
        error = math.sqrt(sum((v - average) ** 2 for v in values) / (n - 1) / n)
        estimate = mean(values)
        assert estimate.value == pytest.approx(average, rel=1e-12)
        assert ends(estimate) == pytest.approx((average - T_975[n - 1] * error, average + T_975[n - 1] * error))
        assert estimate.count == n

    def test_covers_the_truth_in_95_of_100_samples(self) -> None:
        """1,000 samples of four normal numbers: the interval holds their mean in 95 % of them, within 4 sigma."""
        samples = np.random.default_rng(1).normal(3.0, 2.0, (1000, 4))
        held = np.mean([not mean(sample.tolist()).excludes(3.0) for sample in samples])
        assert held == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 1000))

    def test_equal_numbers_give_a_point(self) -> None:
        """No spread, no width: zero is excluded by ones, and not by zeros."""
        assert mean([1.0, 1.0, 1.0]) == Estimate(1.0, 1.0, 1.0, 3)
        assert mean([1.0, 1.0]).excludes(0)
        assert not mean([0.0, 0.0]).excludes(0)

    def test_one_number_has_no_interval(self) -> None:
        """And nothing can be excluded by it."""
        assert mean([4.5]) == Estimate(4.5, None, None, 1)
        assert not mean([4.5]).excludes(0)

    def test_no_number_has_no_mean(self) -> None:
        """It is shown as a dash, and stored as null."""
        estimate = mean([])
        assert math.isnan(estimate.value)
        assert estimate.text() == "–"
        assert estimate.to_json() == {"value": None, "low": None, "high": None, "count": 0}
        assert not estimate.excludes(0)


def test_paired_difference_is_the_mean_of_differences() -> None:
    """A common offset of every pair cancels, so that a small difference shows although both spread widely."""
    theirs = [1.0, 10.0, 100.0]
    ours = [1.5, 10.6, 100.4]
    found = paired_difference(ours, theirs)
    wanted = mean([0.5, 0.6, 0.4])
    assert (found.value, *ends(found)) == pytest.approx((wanted.value, *ends(wanted)), rel=1e-9)
    assert found.excludes(0)
    assert paired_difference(theirs, ours).value == pytest.approx(-found.value, rel=1e-12)
    with pytest.raises(ValueError):
        paired_difference([1.0, 2.0], [1.0])


class TestDifference:
    """Welch's interval."""

    def test_is_the_closed_form(self) -> None:
        """Unequal spreads and sizes, with t at Welch's degrees of freedom."""
        ours, theirs = [5.0, 7.0, 6.5, 8.0], [1.0, 9.0, 4.0]
        parts = [np.var(sample, ddof=1) / len(sample) for sample in (ours, theirs)]
        freedom = sum(parts) ** 2 / sum(part**2 / (len(s) - 1) for part, s in zip(parts, (ours, theirs), strict=True))
        half = stats.t.ppf(0.975, freedom) * math.sqrt(sum(parts))
        found = difference(ours, theirs)
        assert found.value == pytest.approx(6.625 - 14 / 3, rel=1e-12)
        assert ends(found) == pytest.approx((found.value - half, found.value + half), rel=1e-9)
        assert found.count == 7

    def test_few_numbers_claim_nothing(self) -> None:
        """One number on a side: no interval; none: no difference; no spread at all: a point."""
        assert difference([1.0], [2.0, 3.0]) == Estimate(-1.5, None, None, 3)
        assert math.isnan(difference([], [2.0, 3.0]).value)
        assert difference([3.0, 3.0], [1.0, 1.0, 1.0]) == Estimate(2.0, 2.0, 2.0, 5)


class TestShare:
    """Wilson's interval."""

    @pytest.mark.parametrize(("count", "total"), [(0, 6), (3, 10), (9, 9), (40, 45)])
    def test_is_the_closed_form(self, count: int, total: int) -> None:
        """Wilson's formula with z = 1.96; the ends stay within 0 and 1."""
        z, p = 1.959963985, count / total
        centre = (p + z * z / (2 * total)) / (1 + z * z / total)
        half = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
        estimate = share(count, total)
        assert estimate.value == pytest.approx(p, rel=1e-12)
        assert ends(estimate) == pytest.approx((centre - half, centre + half), abs=1e-9)
        assert -1e-12 <= ends(estimate)[0] <= ends(estimate)[1] <= 1 + 1e-12
        assert estimate.count == total

    def test_covers_the_truth_in_about_95_of_100_samples(self) -> None:
        """Averaged over rates from 0.1 to 0.9, 20 trials each: within a percent of 95 %."""
        rates = np.linspace(0.1, 0.9, 81)
        counts = np.random.default_rng(2).binomial(20, np.repeat(rates, 100))
        known = {count: share(count, 20) for count in range(21)}
        held = [not known[count].excludes(rate) for count, rate in zip(counts, np.repeat(rates, 100), strict=True)]
        assert np.mean(held) == pytest.approx(0.95, abs=0.01)


class TestRankCorrelation:
    """Spearman's correlation and its bootstrap."""

    def test_is_one_minus_six_sums_of_squares(self) -> None:
        """The closed form for numbers without ties, whatever monotonous scale they are on."""
        y = [3.0, 1.0, 2.0, 5.0, 4.0]
        wanted = 1 - 6 * (4 + 1 + 1 + 1 + 1) / (5 * 24)
        assert rank_correlation([1, 2, 3, 4, 5], y).value == pytest.approx(wanted, rel=1e-12)
        assert rank_correlation([1, 10, 100, 1e3, 1e4], [v**3 for v in y]).value == pytest.approx(wanted, rel=1e-12)
        assert rank_correlation([5, 4, 3, 2, 1], y).value == pytest.approx(-wanted, rel=1e-12)

    def test_ties_share_their_rank(self) -> None:
        """Ranks 1.5 1.5 3 against 1 2 3, by Pearson's formula: the root of 3/4."""
        assert rank_correlation([7, 7, 9], [1, 2, 3]).value == pytest.approx(math.sqrt(0.75), rel=1e-12)

    @pytest.mark.parametrize(("x", "y"), [([1.0] * 9, list(range(9))), (list(range(9)), [2.0] * 9), ([1.0], [2.0])])
    def test_equal_numbers_have_no_ranks(self, x: list[float], y: list[float]) -> None:
        """NaN, no interval, and nothing can be excluded; in JSON it is null."""
        estimate = rank_correlation(x, y)
        assert math.isnan(estimate.value)
        assert (estimate.low, estimate.high, estimate.count) == (None, None, len(x))
        assert not estimate.excludes(0)
        assert estimate.to_json()["value"] is None

    @pytest.mark.parametrize("pairs", [MIN_FOR_CORRELATION - 1, MIN_FOR_CORRELATION])
    def test_few_pairs_give_no_interval(self, pairs: int) -> None:
        """Seven give none, eight do."""
        rng = np.random.default_rng(3)
        estimate = rank_correlation(rng.normal(size=pairs).tolist(), rng.normal(size=pairs).tolist())
        assert (estimate.low is None) == (estimate.high is None) == (pairs < 8)

    @pytest.mark.parametrize("pairs", [8, 12, 20, 33])
    @pytest.mark.parametrize("sign", [1, -1])
    def test_perfect_agreement_is_no_nan(self, pairs: int, sign: int) -> None:
        """All resamples agree, so BCa has nothing to correct by: the ends are the value itself, or are left out."""
        x = list(range(pairs))
        estimate = rank_correlation(x, [sign * v for v in x])
        assert estimate.value == pytest.approx(sign, abs=1e-12)
        if estimate.low is not None:
            assert ends(estimate) == pytest.approx((sign, sign), abs=1e-12)

    def test_is_reproducible(self) -> None:
        """Equal pairs give the same interval to the last bit, since its resamples are seeded."""
        x, y = np.random.default_rng(4).normal(size=(2, 20)).tolist()
        assert rank_correlation(x, y) == rank_correlation(x, y)

    def test_interval_tells_agreement_from_noise(self) -> None:
        """60 pairs that agree but for some noise exclude 0; 60 independent ones do not; the value lies within."""
        rng = np.random.default_rng(5)
        x, noise = rng.normal(size=(2, 60))
        for y, told in ((x + 0.5 * noise, True), (noise, False)):
            estimate = rank_correlation(x.tolist(), y.tolist())
            low, high = ends(estimate)
            assert -1 <= low < estimate.value < high <= 1
            assert estimate.excludes(0) is told


class TestMeanRankCorrelation:
    """Several columns against one."""

    def test_interval_is_scipys(self) -> None:
        """With ties, the product of matrices gives what ranking every resample gives."""
        rng = np.random.default_rng(6)
        x = np.round(rng.normal(size=30), 1)
        y = x + rng.normal(size=30)

        def spearman(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
            result: np.ndarray = stats.pearsonr(stats.rankdata(a, axis=axis), stats.rankdata(b, axis=axis), axis=axis)[
                0
            ]
            return result

        wanted = stats.bootstrap(
            (x, y), spearman, paired=True, vectorized=True, n_resamples=9999, rng=np.random.default_rng(0)
        ).confidence_interval
        assert ends(rank_correlation(x.tolist(), y.tolist())) == pytest.approx((wanted.low, wanted.high), abs=1e-6)

    def test_value_is_the_mean(self) -> None:
        """Of the columns' own correlations; one column is `rank_correlation`."""
        columns = np.random.default_rng(7).normal(size=(3, 12)).tolist()
        y = list(range(12))
        single = [rank_correlation(column, y) for column in columns]
        found = mean_rank_correlation(columns, y)
        assert found.value == pytest.approx(np.mean([estimate.value for estimate in single]), rel=1e-12)
        assert found.count == 12
        assert mean_rank_correlation(columns[:1], y) == single[0]

    def test_items_are_resampled_not_columns(self) -> None:
        """The same column three times tells no more than once."""
        x, y = np.random.default_rng(8).normal(size=(2, 20)).tolist()
        assert ends(mean_rank_correlation([x] * 3, y)) == pytest.approx(ends(rank_correlation(x, y)), abs=1e-9)

    def test_a_column_of_equal_numbers_has_no_mean(self) -> None:
        """NaN, whatever the others are."""
        y = list(range(10))
        assert math.isnan(mean_rank_correlation([y, [1.0] * 10], y).value)


@pytest.mark.parametrize(
    ("estimate", "digits", "text"),
    [
        (Estimate(6.714, 6.496, 6.924, 5), 2, "6.71 [6.50, 6.92]"),
        (Estimate(6.714, 6.496, 6.924, 5), 1, "6.7 [6.5, 6.9]"),
        (Estimate(6.714, None, None, 1), 2, "6.71"),
    ],
)
def test_text(estimate: Estimate, digits: int, text: str) -> None:
    """The number and, where there is one, its interval."""
    assert estimate.text(digits) == text


@pytest.mark.parametrize(
    ("reference", "excluded"), [(0.99, True), (1.0, False), (2.0, False), (3.0, False), (3.01, True)]
)
def test_excludes(reference: float, excluded: bool) -> None:
    """The ends belong to the interval."""
    assert Estimate(2.0, 1.0, 3.0, 3).excludes(reference) is excluded


def test_a_joint_interval_is_one_of_a_higher_level() -> None:
    """Of five intervals each has the level 0.99, as SciPy's own t test gives it."""
    numbers = [0.3, -0.1, 0.4, 0.2, 0.6]
    expected = stats.ttest_1samp(numbers, 0).confidence_interval(0.99)
    joint = mean(numbers, comparisons=5)
    assert (joint.low, joint.high) == pytest.approx((expected.low, expected.high))


def test_a_ratio_is_a_difference_of_logarithms() -> None:
    """About a half on every seed: the geometric mean, and as wide an interval to either side by factor."""
    theirs = [10.0, 20.0, 40.0]
    ratio = paired_ratio([5.0, 11.0, 18.0], theirs)
    assert ratio.value == pytest.approx((0.5 * 0.55 * 0.45) ** (1 / 3))
    assert ratio.low is not None and ratio.high is not None
    assert ratio.value / ratio.low == pytest.approx(ratio.high / ratio.value)
    assert ratio.excludes(1)
    assert paired_ratio([2.0], [1.0]) == Estimate(2.0, None, None, 1)


@pytest.mark.parametrize(("mean_over_spread", "expected"), [(0.5, 34), (1.0, 10), (0.2, 199)])
def test_seeds_needed_are_those_of_the_tables(mean_over_spread: float, expected: int) -> None:
    """Of a two-sided paired t test at 0.05 and a power of 0.8, as textbooks print them."""
    deviations = np.array([-1.0, 0.0, 1.0])
    assert seeds_needed(list(deviations + mean_over_spread)) == expected


def test_seeds_needed_reach_the_power_in_a_simulation() -> None:
    """So many seeds exclude 0 in about four of five repetitions, with intervals corrected for four comparisons."""
    count = seeds_needed([0.0, 1.0, 2.0, 1.0], comparisons=4)
    assert count is not None
    drawn = np.random.default_rng(0).normal(1.0, np.std([0, 1, 2, 1], ddof=1), size=(2000, count))
    found = sum(mean(row, comparisons=4).excludes(0) for row in drawn.tolist())
    assert 0.77 < found / 2000 < 0.9  # counts are whole


def test_seeds_needed_are_unknown_without_a_difference() -> None:
    """Neither one difference nor an average of 0 tells how many seeds it takes."""
    assert seeds_needed([1.0]) is None
    assert seeds_needed([0.0, 0.0]) is None
    assert seeds_needed([-1.0, 1.0]) is None
    assert seeds_needed([0.5, 0.5]) == 2
