"""The controller's reward for a candidate (paper, sections 3.2 and 4.3.2)."""

from __future__ import annotations

import math

from autogan_core.config import RewardConfig
from autogan_core.errors import ConfigError
from autogan_core.metrics.scores import Scores

FID_FLOOR = 1e-6
"""Keeps 1 / FID and ln FID finite."""


def needs_fid(config: RewardConfig) -> bool:
    """Whether the reward asks for a FID, and so for the real images' moments."""
    return config.score in ("inverse-fid", "log-fid", "is-over-fid")


def needs_kid(config: RewardConfig) -> bool:
    """Whether the reward asks for a KID, and so for real images' features."""
    return config.score == "negative-kid"


def needs_neighbours(config: RewardConfig) -> bool:
    """Whether the reward asks for precision and recall, and so for real images' features."""
    return config.score == "f-score"


def reward(scores: Scores, config: RewardConfig, macs: int) -> float:
    """Computes the controller's reward for a candidate.

    Args:
        scores: of the candidate's images.
        config: which score, and the penalty per 1e9 multiply-accumulates (not in the paper; 0 is off).
        macs: of the candidate's generator, for one image.

    Returns:
        The score that ``config`` names, less the penalty on the generator's size; NaN when the score is NaN.

    Raises:
        ConfigError: the reward asks for a score that was not computed.
    """
    return _score(scores, config) - config.penalty_per_gflop * macs / 1e9


def inverse_fid(fid: float) -> float:
    """1 / FID, finite for any FID; NaN of NaN."""
    return 1 / max(fid, FID_FLOOR)  # max keeps a NaN that comes first


def log_fid(fid: float) -> float:
    """-ln FID, finite for any FID; NaN of NaN."""
    return -math.log(max(fid, FID_FLOOR))


def f_score(precision: float, recall: float) -> float:
    """The harmonic mean of both, as in torch-fidelity: in [0, 1], 0 if either is; NaN of NaN."""
    return 2 * precision * recall / max(1e-5, precision + recall)


def _score(scores: Scores, config: RewardConfig) -> float:
    if needs_neighbours(config):
        found = ((scores.precision, "precision"), (scores.recall, "recall"))
        return f_score(*(_computed(value, name, config) for value, name in found))
    if needs_kid(config):
        return -_computed(scores.kid, "KID", config)
    if not needs_fid(config):
        return scores.inception_score
    fid = _computed(scores.fid, "FID", config)
    if config.score == "inverse-fid":
        return inverse_fid(fid)
    return log_fid(fid) if config.score == "log-fid" else math.log(scores.inception_score) + log_fid(fid)


def _computed(score: float | None, name: str, config: RewardConfig) -> float:
    if score is None:
        raise ConfigError(
            f"search.reward.score is {config.score}, but there is no {name}; score the images with a reference"
        )
    return score
