"""What the controller is paid for a candidate (paper, sections 3.2 and 4.3.2)."""

from __future__ import annotations

from autogan_core.config import RewardConfig
from autogan_core.errors import ConfigError
from autogan_core.metrics.scores import Scores

FID_FLOOR = 1e-6
"""Keeps 1 / FID finite."""


def needs_fid(config: RewardConfig) -> bool:
    """Whether the reward asks for a FID, and so for the real images' moments."""
    return config.score == "inverse-fid"


def reward(scores: Scores, config: RewardConfig, macs: int) -> float:
    """The Inception score, or 1 / FID, less the penalty on the generator's size; NaN when the score is NaN.

    Args:
        scores: of the candidate's images.
        config: which score, and the penalty per 1e9 multiply-accumulates (not in the paper; 0 is off).
        macs: of the candidate's generator, for one image.

    Raises:
        ConfigError: 1 / FID is wanted, but the images were scored without a reference.
    """
    penalty = config.penalty_per_gflop * macs / 1e9
    if not needs_fid(config):
        return scores.inception_score - penalty
    if scores.fid is None:
        raise ConfigError("search.reward.score is inverse-fid, but there is no FID; score the images with a reference")
    return 1 / max(scores.fid, FID_FLOOR) - penalty  # max keeps a NaN that comes first
