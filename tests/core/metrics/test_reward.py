"""The reward's formula and its corner cases."""

from __future__ import annotations

import math

import pytest

from autogan_core.config import RewardConfig
from autogan_core.errors import ConfigError
from autogan_core.metrics.reward import needs_fid, reward
from autogan_core.metrics.scores import Scores

INVERSE = RewardConfig(score="inverse-fid")


def scores(inception_score: float = 8.0, fid: float | None = None) -> Scores:
    """Scores of which only the two that a reward reads matter."""
    return Scores(inception_score, 0.1, fid, 5000, 10, "")


@pytest.mark.parametrize(
    ("given", "config", "expected"),
    [
        (scores(), RewardConfig(), 8.0),
        (scores(fid=20.0), RewardConfig(), 8.0),
        (scores(), RewardConfig(penalty_per_gflop=0.5), 7.0),
        (scores(fid=20.0), INVERSE, 0.05),
        (scores(fid=20.0), RewardConfig(score="inverse-fid", penalty_per_gflop=0.01), 0.03),
        (scores(fid=0.0), INVERSE, 1e6),
    ],
)
def test_reward_by_hand(given: Scores, config: RewardConfig, expected: float) -> None:
    """Score or 1 / FID, less penalty times 2 GMACs; a FID of 0 stays finite."""
    assert reward(given, config, macs=2_000_000_000) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("given", "config"), [(scores(math.nan), RewardConfig()), (scores(fid=math.nan), INVERSE)])
def test_nan_stays_nan(given: Scores, config: RewardConfig) -> None:
    """A NaN score is not turned into a reward by the FID's floor or the penalty."""
    assert math.isnan(reward(given, config, macs=1))


def test_inverse_fid_without_fid_is_refused() -> None:
    """Only 1 / FID needs a FID, and it says so when there is none."""
    assert needs_fid(INVERSE)
    assert not needs_fid(RewardConfig())
    with pytest.raises(ConfigError, match="reference"):
        reward(scores(), INVERSE, macs=1)
