"""A baseline's published sizes at the size of a run.

A paper's own numbers belong to AutoGAN's own run: 256 feature maps in generators, 128 in discriminators, 64 images in a
discriminator step. A run with other numbers has them scaled alike, so that a smaller budget is smaller for all that is
compared. All these papers' learning rates are AutoGAN's, 2e-4, so a run's own need no scaling. Learning-rate schedules
and weight decay are not followed, and latent vectors are the run's, N(0, 1) of ``model.latent_dim``.
"""

from __future__ import annotations

from autogan_core.config import Config, TrainingConfig
from autogan_core.config.training import LossName
from autogan_core.errors import ConfigError

GENERATOR_CHANNELS = 256
DISCRIMINATOR_CHANNELS = 128
DISCRIMINATOR_BATCH = 64


def generator_width(published: int, config: Config) -> int:
    """Feature maps of a generator layer, at least 1."""
    return max(1, published * config.retrain.generator_channels // GENERATOR_CHANNELS)


def discriminator_width(published: int, config: Config) -> int:
    """Feature maps of a discriminator layer, at least 1."""
    return max(1, published * config.retrain.discriminator_channels // DISCRIMINATOR_CHANNELS)


def training(
    config: Config,
    *,
    discriminator_batch: int,
    generator_batch: int,
    n_critic: int,
    adam_betas: tuple[float, float],
    loss: LossName,
) -> TrainingConfig:
    """Replaces a run's training settings by a paper's published ones.

    Returns:
        The settings, with batches scaled, at least 1.

    Raises:
        ConfigError: the run's generators are conditional, as no baseline is.
    """
    if config.model.classes:
        raise ConfigError(
            f"baselines draw without labels, but model.classes is {config.model.classes}; set model.classes=0"
        )
    batches = {"discriminator_batch": discriminator_batch, "generator_batch": generator_batch}
    factor = config.training.discriminator_batch
    scaled = {name: max(1, published * factor // DISCRIMINATOR_BATCH) for name, published in batches.items()}
    return config.training.model_copy(update={**scaled, "n_critic": n_critic, "adam_betas": adam_betas, "loss": loss})
