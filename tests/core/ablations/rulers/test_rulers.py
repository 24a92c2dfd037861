"""Which rulers there are, and what each says."""

from __future__ import annotations

import math

import pytest

from autogan_core.ablations.rulers.rulers import Ruler, adaptations, default_ruler, image_counts, rulers
from autogan_core.errors import ConfigError
from autogan_core.metrics.scores import Scores
from tests.core.ablations.tiny_suite import tiny_plan

SCORES = Scores(4.0, 0.1, 20.0, 100, 2, "", 0.3)


def test_every_combination_is_there_once() -> None:
    """Four scores, two kinds of statistics, the budget's images and the reward's, no adaptation and the budget's."""
    plan = tiny_plan()
    assert (image_counts(plan), adaptations(plan)) == ([16, 32], [0, 1])
    found = rulers(plan)
    assert len(found) == len(set(found)) == 4 * 2 * 2 * 2
    assert default_ruler(plan) in found


@pytest.mark.parametrize(
    ("overrides", "wanted"),
    [
        ((), Ruler("inception-score", "recalibrated", 32, 0)),
        (
            ("search.reward.score=inverse-fid", "search.reward.statistics=running", "search.reward.num_images=48"),
            Ruler("log-fid", "running", 48, 0),
        ),
        (
            ("search.reward.score=negative-kid", "search.reward.adaptation_steps=7"),
            Ruler("negative-kid", "recalibrated", 32, 7),
        ),
    ],
)
def test_the_default_is_the_searchs_own_reward(overrides: tuple[str, ...], wanted: Ruler) -> None:
    """Whatever the settings are, it is among the rulers; 1 / FID counts as its logarithm, which ranks alike."""
    plan = tiny_plan(*overrides)
    assert default_ruler(plan) == wanted
    assert wanted in rulers(plan)


def test_a_reward_that_is_not_compared_is_refused() -> None:
    """With the names of those that are."""
    with pytest.raises(ConfigError, match="score is f-score, which 'proxy' does not compare; .* inception-score, log-"):
        default_ruler(tiny_plan("search.reward.score=f-score"))


def test_higher_is_better_by_every_score() -> None:
    """IS as it is, distances turned round."""
    values = {score: Ruler(score, "running", 100, 0).value(SCORES) for score in ("inception-score", "log-fid")}
    assert values == pytest.approx({"inception-score": 4.0, "log-fid": -math.log(20)})
    assert Ruler("negative-kid", "running", 100, 0).value(SCORES) == pytest.approx(-0.3)
    assert Ruler("is-over-fid", "running", 100, 0).value(SCORES) == pytest.approx(math.log(4 / 20))


def test_words_name_what_differs() -> None:
    """Steps are named where there are any."""
    assert Ruler("log-fid", "running", 1000, 0).words == "FID, 1,000 images, running"
    assert Ruler("is-over-fid", "recalibrated", 250, 10).words == "ln IS − ln FID, 250 images, re-estimated, 10 steps"
