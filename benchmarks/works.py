"""The pieces of work that are timed, each as the product does it and as the plain loop does it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.frechet import Moments
from autogan_core.metrics.scorer import Scorer
from autogan_core.search_space import Architecture
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from benchmarks.extractors import PlainExtractor
from benchmarks.plain_gan import PlainBatches, PlainGAN
from benchmarks.plain_reward import plain_reward
from benchmarks.sizes import Rivals, Size
from benchmarks.timing import Work

PRODUCT, PLAIN = "product", "plain"


@dataclass(frozen=True, slots=True)
class Extractors:
    """Feature extractors of equal weights."""

    product: FeatureExtractor
    plain: PlainExtractor


def step_works(size: Size, rivals: Rivals, architectures: list[Architecture]) -> dict[str, Work]:
    """Discriminator steps, ``d product`` and ``d plain``, and generator steps, ``g ...``; each on one architecture."""
    product, plain = rivals.product, rivals.plain
    stream, batches = _streams(size, architectures[0].depth, product.device)
    whole = len(stream.images) // size.config.training.discriminator_batch  # leaves out the smaller last batch

    def architecture(number: int) -> Architecture:
        return architectures[number % len(architectures)]

    return {
        f"d {PRODUCT}": lambda n: product.train_discriminator(stream, n % whole, architecture(n)),
        f"d {PLAIN}": by_default(lambda n: plain.train_discriminator(batches, n, architecture(n))),
        f"g {PRODUCT}": lambda n: product.train_generator(stream, n, architecture(n)),
        f"g {PLAIN}": by_default(lambda n: plain.train_generator(batches, n, architecture(n))),
    }


def reward_works(
    size: Size, rivals: Rivals, architectures: list[Architecture], extractors: Extractors, images: int
) -> dict[str, Work]:
    """Rewards of ``images`` samples; the recalibration before them is cut in proportion."""
    reward, latent_dim = size.config.search.reward, size.config.model.latent_dim
    scorer = reward_scorer(size, extractors.product, images / reward.num_images)
    generators = rivals.product.generator, rivals.plain.generator

    def product(number: int) -> object:
        chosen = architectures[number % len(architectures)]
        return scorer.score(
            generators[0], chosen, "reward", number, num_images=images, splits=reward.splits, with_fid=False
        )

    def plain(number: int) -> object:
        chosen = architectures[number % len(architectures)]
        samples = scorer.recalibration_images
        return plain_reward(generators[1], extractors.plain, chosen, latent_dim, images, reward.splits, samples)

    return {PRODUCT: product, PLAIN: by_default(plain)}


def retraining_works(size: Size, rivals: Rivals, architecture: Architecture) -> dict[str, Work]:
    """``n_critic`` discriminator steps, one generator step and the update of the moving average."""
    stream, batches = _streams(size, architecture.depth, rivals.product.device)
    product = _product_iteration(size, rivals.product, stream, architecture)
    return {PRODUCT: product, PLAIN: by_default(_plain_iteration(size, rivals.plain, batches, architecture))}


def reward_scorer(size: Size, extractor: FeatureExtractor, share: float = 1.0) -> Scorer:
    """Scores as the configuration says, but for recalibrating on a share of the samples, and without FID."""
    images = max(2, round(size.config.search.reward.recalibration_images * share))
    return Scorer(extractor, Moments(np.zeros(1), np.zeros((1, 1)), 1), size.config.scores.batch_size, images, seed=0)


def by_default(work: Work) -> Work:
    """The work under PyTorch's own settings for convolutions on GPUs, which the product changes for its process."""
    cudnn = torch.backends.cudnn

    def wrapped(number: int) -> object:
        before = cudnn.deterministic, cudnn.allow_tf32
        cudnn.deterministic, cudnn.allow_tf32 = False, True
        try:
            return work(number)
        finally:
            cudnn.deterministic, cudnn.allow_tf32 = before

    return wrapped


def _product_iteration(size: Size, gan: GAN, stream: TrainingStream, architecture: Architecture) -> Work:
    n_critic = size.config.training.n_critic
    whole = len(stream.images) // size.config.training.discriminator_batch
    average = [weight.detach().clone() for weight in gan.generator.parameters()]
    update = get_ema_multi_avg_fn(size.config.retrain.ema_decay)  # type: ignore[no-untyped-call]

    def iteration(number: int) -> None:
        for step in range(number * n_critic, (number + 1) * n_critic):
            gan.train_discriminator(stream, step % whole, architecture)
        gan.train_generator(stream, number, architecture)
        with torch.no_grad():
            update(average, list(gan.generator.parameters()), number)

    return iteration


def _plain_iteration(size: Size, gan: PlainGAN, batches: PlainBatches, architecture: Architecture) -> Work:
    decay = size.config.retrain.ema_decay
    average = [weight.detach().clone() for weight in gan.generator.parameters()]

    def iteration(number: int) -> None:
        for step in range(size.config.training.n_critic):
            gan.train_discriminator(batches, step, architecture)
        gan.train_generator(batches, number, architecture)
        for mean, weight in zip(average, gan.generator.parameters(), strict=True):
            mean.mul_(decay).add_(weight.detach(), alpha=1 - decay)

    return iteration


def _streams(size: Size, depth: int, device: torch.device) -> tuple[TrainingStream, PlainBatches]:
    model, batch = size.config.model, size.config.training.discriminator_batch
    images = size.dataset.at_size(model.image_size_at(depth)).to(device)
    return TrainingStream(images, batch, model.latent_dim, 0), PlainBatches(images, batch, model.latent_dim)
