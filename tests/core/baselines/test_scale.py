"""Published sizes at the size of a run."""

from __future__ import annotations

import pytest

from autogan_core.baselines import scale
from autogan_core.config import Config
from autogan_core.presets import load_config
from tests.core.tiny import tiny_config


@pytest.mark.parametrize(
    ("config", "generator", "discriminator", "batches"),
    [
        (load_config("cifar10", [], seed=0), 128, 128, (64, 128)),
        (load_config("digits", [], seed=0), 8, 16, (32, 64)),
        (tiny_config("retrain.generator_channels=1", "training.discriminator_batch=1"), 1, 4, (1, 2)),
    ],
    ids=["paper", "demo", "smallest"],
)
def test_widths_and_batches(config: Config, generator: int, discriminator: int, batches: tuple[int, int]) -> None:
    """128 maps and 64 and 128 images are these at AutoGAN's own sizes, and shrink with the run's, never to nothing."""
    assert scale.generator_width(128, config) == generator
    assert scale.discriminator_width(128, config) == discriminator
    training = scale.training(
        config, discriminator_batch=64, generator_batch=128, n_critic=3, adam_betas=(0.1, 0.2), loss="wasserstein"
    )
    assert (training.discriminator_batch, training.generator_batch) == batches
    assert (training.n_critic, training.adam_betas) == (3, (0.1, 0.2))
    kept = ("generator_lr", "discriminator_lr", "precision")
    assert all(getattr(training, name) == getattr(config.training, name) for name in kept)
