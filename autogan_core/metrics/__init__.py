"""Scores of images, and what a generator costs."""

from autogan_core.metrics.complexity import generator_macs, generator_parameters
from autogan_core.metrics.features import FeatureExtractor, load_extractor
from autogan_core.metrics.reward import needs_fid, reward
from autogan_core.metrics.scores import (
    Moments,
    Scores,
    frechet_distance,
    inception_score,
    reference_moments,
    score_images,
    score_real,
)

__all__ = [
    "FeatureExtractor",
    "Moments",
    "Scores",
    "frechet_distance",
    "generator_macs",
    "generator_parameters",
    "inception_score",
    "load_extractor",
    "needs_fid",
    "reference_moments",
    "reward",
    "score_images",
    "score_real",
]
