"""Reading protocol names."""

from __future__ import annotations

import json
import math
from typing import get_args

import pytest

from autogan_core.config import RewardConfig, RewardScore, ScoresConfig
from autogan_core.metrics.protocols import REWARD_NAMES, bias_note, find_score, joint_protocol, reward_words
from autogan_core.metrics.scores import Scores


@pytest.mark.parametrize("suffix", ["", "_float16", "_classifier"])
@pytest.mark.parametrize("num_images", [50_000, 1797])
def test_names_that_the_metrics_write_are_read_back(suffix: str, num_images: int) -> None:
    """Images, splits, spread, features and a reduced precision come back from `Scores.named`."""
    named = Scores(8.55, 0.1, 12.42, num_images, 10, suffix).named()
    inception, fid = find_score(named, "is"), find_score(named, "fid")
    assert inception is not None
    assert fid is not None
    assert (inception.value, inception.std, inception.num_images, inception.splits) == (8.55, 0.1, num_images, 10)
    assert (fid.value, fid.std, fid.num_images, fid.splits) == (12.42, None, num_images, None)
    features = "classifier" if suffix == "_classifier" else "Inception"
    assert inception.features == fid.features == features
    assert inception.precision == fid.precision == ("float16" if suffix == "_float16" else "float32")
    assert (inception.text, fid.text) == ("8.55 ± 0.10", "12.42")
    reduced = ", in float16" if suffix == "_float16" else ""
    assert joint_protocol(named) == f"{num_images:,} images, 10 splits, {features} features{reduced}"


def test_a_classifiers_accuracy_goes_with_its_scores() -> None:
    """It stands behind the features, however the scores travelled; earlier versions stored none."""
    named = Scores(8.55, 0.1, 12.42, 5000, 10, "_classifier", accuracy=0.754).named()
    travelled = json.loads(json.dumps(named))
    assert joint_protocol(travelled) == "5,000 images, 10 splits, classifier features (75.4 % of test images right)"
    del travelled["accuracy_classifier"]
    assert joint_protocol(travelled) == "5,000 images, 10 splits, classifier features"


def test_an_interval_stands_behind_its_fid() -> None:
    """It is no score of its own, wherever it stands among the names; half of one is none."""
    named = Scores(8.55, 0.1, 6.7, 5000, 10, "_classifier", 0.0123, fid_interval=(5.5, 6.25)).named()
    for scores in (named, dict(reversed(named.items()))):
        fid = find_score(scores, "fid")
        assert fid is not None
        assert (fid.text, fid.short_text, fid.interval) == ("6.70 [5.50, 6.25]", "6.70", (5.5, 6.25))
        kid = find_score(scores, "kid")
        assert kid is not None and kid.text == "0.0123"
    half = find_score({"fid_5k": 6.7, "fid_5k_low": 5.5}, "fid")
    assert half is not None and half.interval is None


def test_the_bias_of_few_images_is_said() -> None:
    """Beside FIDs of few images, and beside those that have an interval since there are few real ones; else not."""
    assert bias_note([{"fid_50k": 6.7}, {"is_1k_10split": 2.0}]) == ""
    few, few_real = {"fid_5k": 6.7}, {"fid_50k": 6.7, "fid_50k_low": 5.0, "fid_50k_high": 6.0}
    assert bias_note([{"fid_50k": 6.7}, few]) == "FID is biased upwards on so few images."
    assert bias_note([{**few, "kid_5k": 0.1}, few]) == "FID is biased upwards on so few images: read KID."
    assert bias_note([few_real]).endswith(" images. In brackets: FID without this bias, with 95 % confidence.")
    assert bias_note([few_real], shown=False) == "FID is biased upwards on so few images."


def test_scores_that_are_not_finite_are_not_found() -> None:
    """A NaN is no score, and a missing spread is none."""
    assert find_score({"fid_5k": math.nan, "is_5k_10split": 2.0}, "fid") is None
    score = find_score({"is_5k_10split": 2.0, "is_5k_10split_std": math.nan}, "is")
    assert score is not None
    assert score.std is None


def test_different_image_counts_are_both_named() -> None:
    """An FID on more images than the Inception score says so."""
    words = joint_protocol({"is_5k_10split": 2.0, "fid_50k": 3.0})
    assert words == (
        "Inception score: 5,000 images, 10 splits, Inception features; FID: 50,000 images, Inception features"
    )


def test_reward_in_words() -> None:
    """Rewards, how candidates are made ready for them, and the penalty are spelled out."""
    assert reward_words(RewardConfig(), ScoresConfig(features="classifier")) == (
        "Inception score (5,000 images, 10 splits, classifier features)"
    )
    assert reward_words(RewardConfig(), ScoresConfig(features="classifier"), 0.71) == (
        "Inception score (5,000 images, 10 splits, classifier features (71 % of test images right))"
    )
    reward = RewardConfig(score="inverse-fid", penalty_per_gflop=0.5)
    assert reward_words(reward, ScoresConfig()) == (
        "1 / FID (5,000 images, Inception features) less 0.5 per 10⁹ multiply-accumulates"
    )
    adapted = RewardConfig(score="is-over-fid", statistics="running", adaptation_steps=20)
    assert reward_words(adapted, ScoresConfig()) == (
        "ln IS − ln FID (5,000 images, 10 splits, Inception features) with running batch-norm statistics "
        "after 20 steps of adaptation"
    )
    assert get_args(RewardScore) == tuple(REWARD_NAMES)
