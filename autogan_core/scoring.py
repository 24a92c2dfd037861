"""Scoring a generator: its samples, drawn batch by batch, through a feature extractor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import to_uint8
from autogan_core.gan import draw_latents
from autogan_core.generator import Generator, recalibrate
from autogan_core.metrics import FeatureExtractor, Moments, Scores, score_images
from autogan_core.search_space import Architecture


@dataclass(frozen=True)
class Scorer:
    """Everything that a score depends on beside the generator."""

    extractor: FeatureExtractor
    reference: Moments
    """Moments of the real images' features, for FID."""
    batch_size: int
    """Images drawn and scored at a time."""
    recalibration_images: int
    """Samples on which batch norm's statistics are estimated first."""
    seed: int

    @classmethod
    def of(cls, config: Config, extractor: FeatureExtractor, reference: Moments) -> Scorer:
        """What scores generators as ``config`` says."""
        images = config.search.reward.recalibration_images
        return cls(extractor, reference, config.scores.batch_size, images, config.seed)

    def score(
        self,
        generator: Generator,
        architecture: Architecture,
        *names: str | int,
        num_images: int,
        splits: int,
        with_fid: bool,
    ) -> Scores:
        """Scores ``num_images`` samples.

        Args:
            generator: its batch-norm statistics are re-estimated, and it is left in eval mode.
            architecture: lies in the generator's space.
            names: what the latent vectors are drawn for; equal names draw equal vectors.
            num_images: samples to score.
            splits: parts over which the Inception score is averaged.
            with_fid: whether to compute FID too.
        """
        device = next(generator.parameters()).device
        size = (self.recalibration_images, generator.latent_dim)
        recalibrate(generator, architecture, draw_latents(device, *size, self.seed, "recalibrate", *names), 128)
        batches = sample_images(generator, architecture, num_images, self.batch_size, self.seed, *names)
        reference = self.reference if with_fid else None
        return score_images(batches, self.extractor, splits=splits, reference=reference)


@torch.no_grad()
def sample_images(
    generator: Generator, architecture: Architecture, count: int, batch_size: int, seed: int, *names: str | int
) -> Iterator[Tensor]:
    """Samples as uint8 batches (<= batch_size, C, S, S) on the generator's device; equal for equal seeds and names."""
    device = next(generator.parameters()).device
    for start in range(0, count, batch_size):
        latents = draw_latents(device, min(batch_size, count - start), generator.latent_dim, seed, *names, start)
        yield to_uint8(generator(latents, architecture))
