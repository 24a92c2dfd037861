"""The reward's formula and its corner cases."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.config import RewardConfig, RewardScore
from autogan_core.errors import ConfigError
from autogan_core.metrics.reward import needs_fid, needs_kid, needs_neighbours, reward
from autogan_core.metrics.scores import Scores

INVERSE = RewardConfig(score="inverse-fid")
LOG = RewardConfig(score="log-fid")
KERNEL = RewardConfig(score="negative-kid")
BOTH = RewardConfig(score="is-over-fid")
NEIGHBOURS = RewardConfig(score="f-score")


def scores(
    inception_score: float = 8.0,
    fid: float | None = None,
    kid: float | None = None,
    precision: float | None = None,
    recall: float | None = None,
) -> Scores:
    """Scores of which only those that a reward reads matter."""
    return Scores(inception_score, 0.1, fid, 5000, 10, "", kid, precision=precision, recall=recall)


@pytest.mark.parametrize(
    ("given", "config", "expected"),
    [
        (scores(), RewardConfig(), 8.0),
        (scores(fid=20.0), RewardConfig(), 8.0),
        (scores(), RewardConfig(penalty_per_gflop=0.5), 7.0),
        (scores(fid=20.0), INVERSE, 0.05),
        (scores(fid=20.0), RewardConfig(score="inverse-fid", penalty_per_gflop=0.01), 0.03),
        (scores(fid=0.0), INVERSE, 1e6),
        (scores(fid=20.0), LOG, -math.log(20)),
        (scores(fid=0.0), LOG, 6 * math.log(10)),
        (scores(kid=0.125), KERNEL, -0.125),
        (scores(kid=-0.001), KERNEL, 0.001),
        (scores(kid=0.125), RewardConfig(score="negative-kid", penalty_per_gflop=0.5), -1.125),
        (scores(fid=20.0), BOTH, math.log(8 / 20)),
        (scores(precision=0.9, recall=0.6), NEIGHBOURS, 0.72),
        (scores(precision=1.0, recall=0.0), NEIGHBOURS, 0.0),
        (scores(precision=0.0, recall=0.0), NEIGHBOURS, 0.0),
    ],
)
def test_reward_by_hand(given: Scores, config: RewardConfig, expected: float) -> None:
    """The score that is asked for, less penalty times 2 GMACs; a FID of 0 stays finite."""
    assert reward(given, config, macs=2_000_000_000) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "config"),
    [
        (scores(math.nan), RewardConfig()),
        (scores(fid=math.nan), INVERSE),
        (scores(fid=math.nan), LOG),
        (scores(kid=math.nan), KERNEL),
        (scores(math.nan, 20.0), BOTH),
        (scores(8.0, math.nan), BOTH),
        (scores(precision=math.nan, recall=0.5), NEIGHBOURS),
        (scores(precision=0.5, recall=math.nan), NEIGHBOURS),
    ],
)
def test_nan_stays_nan(given: Scores, config: RewardConfig) -> None:
    """A NaN score is not turned into a reward by the FID's floor or the penalty."""
    assert math.isnan(reward(given, config, macs=1))


@pytest.mark.parametrize("score", get_args(RewardScore))
@given(
    inception_score=st.floats(1.0, 1000.0),
    better=st.floats(1.0, 10.0),
    fid=st.floats(0.0, 1e5),
    kid=st.floats(-0.01, 100.0),
    precision=st.floats(0.0, 1.0),
    recall=st.floats(0.0, 1.0),
)
def test_better_images_are_never_paid_less(
    score: RewardScore, inception_score: float, better: float, fid: float, kid: float, precision: float, recall: float
) -> None:
    """Every reward is finite, and does not fall when all scores improve."""
    config = RewardConfig(score=score)
    worse = reward(scores(inception_score, fid, kid, precision, recall), config, macs=1)
    assert math.isfinite(worse)
    closer = (1 - (1 - share) / better for share in (precision, recall))
    improved = scores(inception_score * better, fid / better, kid - better, *closer)
    assert reward(improved, config, macs=1) >= worse - 1e-12


@pytest.mark.parametrize("config", [INVERSE, LOG, BOTH, KERNEL, NEIGHBOURS])
def test_a_reward_without_its_score_is_refused(config: RewardConfig) -> None:
    """Each reward asks for the one kind of score that it needs, and says so when it is not there."""
    assert needs_kid(config) == (config is KERNEL)
    assert needs_neighbours(config) == (config is NEIGHBOURS)
    assert [needs_fid(config), needs_kid(config), needs_neighbours(config)].count(True) == 1
    with pytest.raises(ConfigError, match=f"search.reward.score is {config.score}, but there is no .* reference"):
        reward(scores(), config, macs=1)


def test_the_inception_score_needs_no_real_images() -> None:
    """Neither FID nor KID, precision or recall is computed for it."""
    assert not needs_fid(RewardConfig())
    assert not needs_kid(RewardConfig())
    assert not needs_neighbours(RewardConfig())
