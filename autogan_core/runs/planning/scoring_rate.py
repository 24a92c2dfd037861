"""The time of scoring images on this machine, measured on a few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from autogan_core.config import Config
from autogan_core.data import to_uint8
from autogan_core.metrics.features.classifier_network import NUM_FEATURES, new_network
from autogan_core.metrics.features.classifier_training import BATCH, num_steps, train_network
from autogan_core.metrics.features.inception import choose_precision, untrained_inception
from autogan_core.metrics.frechet import Moments, frechet_distance
from autogan_core.metrics.kid import REAL_IMAGES, REWARD_SUBSETS, SUBSET_SIZE, SUBSETS, kernel_distance
from autogan_core.metrics.neighbours import IMAGES, precision_and_recall
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runs.planning.stopwatch import seconds
from autogan_core.search_space import Architecture

_CLASSES = 10
"""Of the classifier that is timed: their number hardly matters."""
_FRACTION = 4
"""FID is timed on so many times fewer features, and grows with their cube."""
_SAMPLE = 500
"""Features that KID, precision and recall are timed on; they grow with the square."""


@dataclass(frozen=True, slots=True)
class ScoringRate:
    """Seconds that scoring takes here."""

    extraction: float
    """For the features of an image."""
    fid: float
    """For a FID, once the features are there."""
    kid_subset: float
    """For one of the subsets of a KID, of full size."""
    neighbours: float
    """For precision and recall, of as many images as they compare at most."""
    classifier_step: float
    """For a step of the classifier's training; 0 without a classifier."""

    def reading(self, num_images: int, *, with_fid: bool, with_kid: bool, final: bool = False) -> float:
        """Seconds from the features of ``num_images`` to their scores; ``final`` as in `Scorer`."""
        subset = self.kid_subset * (min(num_images, SUBSET_SIZE) / SUBSET_SIZE) ** 2
        kid = subset * (SUBSETS if final else REWARD_SUBSETS) if with_kid else 0.0
        neighbours = self.neighbours * (min(num_images, IMAGES) / IMAGES) ** 2 if final else 0.0
        return kid + neighbours + (self.fid if with_fid else 0.0)

    def preparation(self, num_images: int) -> float:
        """Seconds for a run's inputs: the classifier's training, reference, the real images' score and KID's part."""
        training = self.classifier_step * num_steps(num_images) if self.classifier_step else 0.0
        return training + self.extraction * (2 * num_images + min(num_images, REAL_IMAGES))


def generation_seconds(generator: BaseGenerator, architecture: Architecture, batch: int) -> float:
    """Seconds for an image of ``architecture``, measured on a batch."""
    device = next(generator.parameters()).device
    latents, labels = torch.zeros(batch, generator.latent_dim, device=device), generator.even_labels(batch)

    @torch.no_grad()
    def generate() -> object:
        return to_uint8(generator(latents, architecture, labels))

    return seconds(generate, device) / batch


def scoring_rate(config: Config, device: torch.device) -> ScoringRate:
    """Measures each part of scoring on images and features of noise.

    Args:
        config: of the run.
        device: what it will work on.

    Returns:
        The time of each part.
    """
    model, classifier = config.model, config.scores.features == "classifier"
    batch = config.scores.batch_size if device.type == "cuda" else 32 if classifier else 2
    images = torch.randint(0, 256, (max(batch, BATCH), model.image_channels, model.image_size, model.image_size))
    images, step = images.to(torch.uint8), 0.0
    if classifier:
        shapes, labels = (model.image_channels, model.image_size, _CLASSES), torch.zeros(BATCH, dtype=torch.int64)
        step = seconds(lambda: train_network(new_network(*shapes).to(device), images[:BATCH], labels, 5), device) / 5
        network: nn.Module = new_network(*shapes).to(device).eval()
    else:
        network = untrained_inception(device, choose_precision(config.scores.precision, device))
    sample = images[:batch].to(device)

    @torch.no_grad()
    def extract() -> object:
        return network(sample)

    features = NUM_FEATURES if classifier else 2048
    generated, real = torch.randn(2, _SAMPLE, features, generator=torch.Generator().manual_seed(0)).to(device)
    scale = (SUBSET_SIZE / _SAMPLE) ** 2
    return ScoringRate(
        extraction=seconds(extract, device) / batch,
        fid=_fid_seconds(features),
        kid_subset=seconds(lambda: kernel_distance(generated, real, 2), device) / 2 * scale,
        neighbours=seconds(lambda: precision_and_recall(generated, real), device) * (IMAGES / _SAMPLE) ** 2,
        classifier_step=step,
    )


def _fid_seconds(features: int) -> float:
    """FID works on the CPU in any case."""
    small = features // _FRACTION
    sample: Tensor = torch.randn(2 * small, small, generator=torch.Generator().manual_seed(0)).double()
    moments = Moments(sample.mean(0).numpy(), np.cov(sample.numpy().T), len(sample))
    return seconds(lambda: frechet_distance(moments, moments), torch.device("cpu")) * _FRACTION**3
