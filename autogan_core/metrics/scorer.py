"""Scoring a generator: its samples, batch by batch, through a feature extractor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import to_uint8
from autogan_core.errors import ConfigError
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.frechet import Moments
from autogan_core.metrics.scores import ScoreAccumulator, Scores
from autogan_core.networks.generator import BaseGenerator, recalibrate
from autogan_core.runtime.torch_seeding import draw_latents
from autogan_core.search_space import Architecture


@dataclass(frozen=True)
class Scorer:
    """Everything that a score depends on beside the generator."""

    extractor: FeatureExtractor
    reference: Moments
    """Moments of the real images' features, for FID."""
    batch_size: int
    """Images generated and scored at a time; what memory there is decides it, and no score."""
    recalibration_images: int
    """Samples on which batch norm's statistics are estimated first."""
    seed: int
    real_features: Callable[[], Tensor] | None = None
    """Gives real images' features (M, F), for KID; called only when one is wanted. None: there is none."""
    draw_size: int | None = None
    """Latent vectors drawn at a time, which decides what they are: see `sample_images`. None: as ``batch_size``."""

    @classmethod
    def of(
        cls,
        config: Config,
        extractor: FeatureExtractor,
        reference: Moments,
        real_features: Callable[[], Tensor],
        draw_size: int | None = None,
    ) -> Scorer:
        """Creates the scorer that ``config`` describes, with the latent vectors of a run of ``draw_size``."""
        images = config.search.reward.recalibration_images
        return cls(extractor, reference, config.scores.batch_size, images, config.seed, real_features, draw_size)

    def score(
        self,
        generator: BaseGenerator,
        architecture: Architecture,
        *names: str | int,
        num_images: int,
        splits: int,
        with_fid: bool,
        final: bool = False,
    ) -> Scores:
        """Scores ``num_images`` samples of one architecture: `score_all` for it alone, with KID if it is ``final``."""
        [scores] = self.score_all(
            generator,
            [architecture],
            *names,
            num_images=num_images,
            splits=splits,
            with_fid=with_fid,
            with_kid=final,
            final=final,
        )
        return scores

    def score_all(
        self,
        generator: BaseGenerator,
        architectures: Iterable[Architecture],
        *names: str | int,
        num_images: int,
        splits: int,
        with_fid: bool,
        with_kid: bool = False,
        with_neighbours: bool = False,
        final: bool = False,
        running_statistics: bool = False,
    ) -> Iterator[Scores]:
        """Scores architectures one after the other, each from samples and batches of its own.

        On a GPU a candidate's work is queued before the previous one's scores are read, so that it never waits for the
        reader. An architecture's scores are the same bits alone and in company.

        Args:
            generator: its batch-norm statistics are re-estimated for each architecture, unless they are to be used as
                they are, and it is left in eval mode. Between two scores it may be one architecture ahead; nobody
                else may use or change it then.
            architectures: lie in the generator's space; taken one ahead of the scores.
            names: what the latent vectors are drawn for; equal names draw equal vectors, for all architectures.
            num_images: samples to score, of each.
            splits: parts over which the Inception score is averaged.
            with_fid: whether to compute FID too.
            with_kid: whether to compute KID too.
            with_neighbours: whether to compute precision and recall too, and KID with them.
            final: whether KID takes all its subsets, with precision, recall and an interval of FID beside it.
            running_statistics: whether the generator's batch-norm statistics are used, and left, as they are.

        Yields:
            One per architecture, in their order.

        Raises:
            ConfigError: KID, precision or recall is wanted, but there are no real images' features.
        """
        ahead = 1 if next(generator.parameters()).is_cuda else 0
        reference = self.reference if with_fid else None
        real_features = self._features_of_real_images() if with_kid or with_neighbours else None
        queued: deque[ScoreAccumulator] = deque()
        for architecture in architectures:
            queued.append(
                ScoreAccumulator(
                    self.extractor,
                    splits=splits,
                    reference=reference,
                    real_features=real_features,
                    final=final,
                    neighbours=with_neighbours,
                )
            )
            if running_statistics:
                generator.eval()
            else:
                self._recalibrate(generator, architecture, *names)
            size, draw_size = self.batch_size, self.draw_size
            for images in sample_images(
                generator, architecture, num_images, size, self.seed, *names, draw_size=draw_size
            ):
                queued[-1].add(images)
            if len(queued) > ahead:
                yield queued.popleft().read()
        yield from (accumulator.read() for accumulator in queued)

    def _recalibrate(self, generator: BaseGenerator, architecture: Architecture, *names: str | int) -> None:
        device = next(generator.parameters()).device
        count = self.recalibration_images
        latents = draw_latents(device, count, generator.latent_dim, self.seed, "recalibrate", *names)
        recalibrate(generator, architecture, latents, 128, generator.draw_labels(count, self.seed, *names))

    def _features_of_real_images(self) -> Tensor:
        if self.real_features is None:
            raise ConfigError("KID is wanted, but this scorer was made without real images' features")
        return self.real_features()


@torch.no_grad()
def sample_images(
    generator: BaseGenerator,
    architecture: Architecture,
    count: int,
    batch_size: int,
    seed: int,
    *names: str | int,
    draw_size: int | None = None,
    labels: Tensor | None = None,
) -> Iterator[Tensor]:
    """Samples of a generator, the same ones in batches of any size.

    Args:
        generator: in eval mode.
        architecture: lies in its space.
        count: samples in all.
        batch_size: samples generated at a time.
        seed: with ``names`` and ``draw_size`` decides the latent vectors.
        names: what they are drawn for.
        draw_size: latent vectors drawn at a time, each time with a seed of its own; None: ``batch_size``.
        labels: int64 (count,), what a conditional generator is to draw; None: classes as frequent as in its training.

    Yields:
        uint8 (<= batch_size, C, S, S) on the generator's device.
    """
    device, draw_size = next(generator.parameters()).device, draw_size or batch_size
    drawn = (
        draw_latents(device, min(draw_size, count - start), generator.latent_dim, seed, *names, start)
        for start in range(0, count, draw_size)
    )
    if labels is None:
        labels = generator.draw_labels(count, seed, *names)
    if labels is None:
        yield from (to_uint8(generator(latents, architecture)) for latents in _rebatched(drawn, batch_size))
        return
    parts = torch.split(labels.to(device), batch_size)
    for latents, wanted in zip(_rebatched(drawn, batch_size), parts, strict=True):
        yield to_uint8(generator(latents, architecture, wanted))


def _rebatched(parts: Iterable[Tensor], size: int) -> Iterator[Tensor]:
    """The rows of all parts in their order, ``size`` at a time; parts that have this size come as they are."""
    left: Tensor | None = None
    for part in parts:
        *full, left = torch.split(part if left is None else torch.cat([left, part]), size)
        yield from full
        if len(left) == size:
            yield left
            left = None
    if left is not None:
        yield left
