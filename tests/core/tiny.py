"""A run that is real in every part and takes a second: real digits, tiny networks, a fixed feature extractor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from autogan_core.config import Config
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.metrics.frechet import reference_moments
from autogan_core.metrics.scorer import Scorer
from autogan_core.presets import load_config
from autogan_core.runtime.monitor import Monitor, Task

CPU = torch.device("cpu")

OVERRIDES = (
    "data.max_images=64",
    "model.latent_dim=8",
    "training.discriminator_batch=16",
    "training.generator_batch=16",
    "training.n_critic=2",
    "training.generator_lr=5e-4",
    "training.discriminator_lr=1e-3",
    "training.precision=float32",
    "search.iterations=3",
    "search.shared_epochs=2",
    "search.controller_steps=3",
    "search.num_candidates=4",
    "search.top_k=2",
    "search.training_draws=6",
    "search.generator_channels=4",
    "search.discriminator_channels=4",
    "search.controller.hidden_dim=8",
    "search.controller.learning_rate=5e-3",
    "search.controller.baseline=moving-average",
    "search.reward.score=inception-score",
    "search.reward.num_images=32",
    "search.reward.splits=2",
    "search.reward.recalibration_images=32",
    "retrain.num_architectures=2",
    "retrain.pool=null",
    "retrain.incumbents=[]",
    "retrain.generator_iterations=6",
    "retrain.generator_channels=4",
    "retrain.discriminator_channels=4",
    "retrain.ema_decay=0.99",
    "retrain.validate_every=2",
    "retrain.validation_images=32",
    "scores.num_images=64",
    "scores.splits=2",
    "scores.batch_size=32",
)


def tiny_config(*overrides: str, seed: int = 0) -> Config:
    """The digits preset at its smallest, with more overrides on top."""
    return load_config("digits", [*OVERRIDES, *overrides], seed=seed)


@cache
def tiny_dataset() -> ImageDataset:
    """64 real digits."""
    config = tiny_config()
    return load_dataset(config.data, config.model, config.seed)


class FixedExtractor:
    """Eight fixed random projections of the image at 8x8 as features, five more as logits."""

    name = "fixed"
    suffix = "_fixed"
    accuracy = None
    fingerprint = "fixed"
    precision: Literal["float32"] = "float32"

    def __init__(self) -> None:
        rng = torch.Generator().manual_seed(0)
        self._projection = torch.randn(64, 13, generator=rng) / 4

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        small = F.interpolate(images.float() / 255, size=8, mode="bilinear", antialias=True).mean(dim=1)
        projected = small.flatten(1) @ self._projection
        return projected[:, :8], 4 * projected[:, 8:]


def tiny_scorer(cache_dir: Path, seed: int = 0) -> Scorer:
    """Scores by the fixed extractor."""
    extractor = FixedExtractor()
    reference = reference_moments(tiny_dataset(), extractor, cache_dir, 32)
    return Scorer(extractor, reference, batch_size=32, recalibration_images=32, seed=seed)


class BeginningsMonitor(Monitor):
    """Remembers the total of every task, and what was done before it."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, int]] = []

    @contextmanager
    def task(self, description: str, total: int, done: int = 0) -> Iterator[Task]:
        """See `Monitor.task`."""
        self.begun.append((total, done))
        with super().task(description, total, done) as task:
            yield task


def final_score_names(images: int, splits: int, suffix: str) -> set[str]:
    """What final scores are called, a classifier's accuracy left out; FID has an interval by the fixed extractor's
    features, since there are few."""
    inception_score = f"is_{images}_{splits}split"
    distances = (f"fid_{images}", f"kid_{images}", f"kid_{images}_std", f"precision_{images}", f"recall_{images}")
    interval = (f"fid_{images}_low", f"fid_{images}_high") if suffix == FixedExtractor.suffix else ()
    return {f"{name}{suffix}" for name in (inception_score, f"{inception_score}_std", *distances, *interval)}
