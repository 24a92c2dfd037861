"""Scores of images, and what a generator costs."""

from autogan_core.metrics.complexity import (
    StepMacs,
    discriminator_macs,
    generator_macs,
    generator_parameters,
    step_macs,
)
from autogan_core.metrics.features.extractor import FeatureExtractor, dump_extractor, load_extractor, restore_extractor
from autogan_core.metrics.features.extractor_macs import extractor_macs
from autogan_core.metrics.kid import kernel_distance, real_features
from autogan_core.metrics.reward import inverse_fid, log_fid, needs_fid, needs_kid, reward
from autogan_core.metrics.scores import (
    Moments,
    ScoreAccumulator,
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
    "ScoreAccumulator",
    "Scores",
    "StepMacs",
    "discriminator_macs",
    "dump_extractor",
    "extractor_macs",
    "frechet_distance",
    "generator_macs",
    "generator_parameters",
    "inception_score",
    "inverse_fid",
    "kernel_distance",
    "load_extractor",
    "log_fid",
    "needs_fid",
    "needs_kid",
    "real_features",
    "reference_moments",
    "restore_extractor",
    "reward",
    "score_images",
    "score_real",
    "step_macs",
]
