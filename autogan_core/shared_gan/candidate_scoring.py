"""Scoring candidates on the shared weights, by the protocol of the reward."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autogan_core.config import Config, RewardConfig
from autogan_core.data import ImageDataset
from autogan_core.metrics.complexity import generator_macs
from autogan_core.metrics.reward import needs_fid, needs_kid, needs_neighbours, reward
from autogan_core.metrics.scorer import Scorer
from autogan_core.metrics.scores import Scores
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runtime.distributed import World
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.shared_gan.adaptation import Adaptation
from autogan_core.training.adversarial.gan import GAN


class CandidateScoring:
    """Scores candidates on a shared GAN, as it is or after some steps of adaptation on a copy."""

    def __init__(self, config: Config, space: SearchSpace, dataset: ImageDataset, scorer: Scorer, world: World) -> None:
        self._config, self._scorer = config, scorer
        self._adaptation = Adaptation(config, space, dataset, world)

    def rewards(self, gan: GAN, architectures: Sequence[Architecture], *names: str | int) -> Iterator[float | None]:
        """The reward of each architecture; None for one whose images have no finite score. Otherwise like `scores`."""
        model, search = self._config.model, self._config.search
        protocol = search.reward
        scored = self.scores(
            gan,
            architectures,
            *names,
            protocol=protocol,
            with_fid=needs_fid(protocol),
            with_kid=needs_kid(protocol),
            with_neighbours=needs_neighbours(protocol),
        )
        for architecture, scores in zip(architectures, scored, strict=True):
            value = reward(scores, protocol, generator_macs(architecture, model, search.generator_channels))
            yield value if math.isfinite(value) else None

    def scores(
        self,
        gan: GAN,
        architectures: Sequence[Architecture],
        *names: str | int,
        protocol: RewardConfig,
        with_fid: bool,
        with_kid: bool,
        with_neighbours: bool = False,
    ) -> Iterator[Scores]:
        """The scores of each architecture; on a GPU the next one's images are under way while one's are read.

        Without adaptation and with recalibrated statistics the generator keeps the last architecture's batch-norm
        statistics; otherwise ``gan`` stays as it is, bit for bit. Nobody else may change it before the last score.

        Args:
            gan: whose weights to score on.
            architectures: of any depth.
            names: what latent vectors and the batches of the adaptation are drawn for.
            protocol: images, splits, statistics and steps of adaptation.
            with_fid: whether to compute FID too.
            with_kid: whether to compute KID too.
            with_neighbours: whether to compute precision and recall too, and KID with them.

        Yields:
            One per architecture, in their order; NaN where the adaptation's losses were not finite.
        """
        steps, usable = protocol.adaptation_steps, dict.fromkeys(architectures, True)
        generator: BaseGenerator = self._adaptation.gan.generator if steps else gan.generator

        def ready() -> Iterator[Architecture]:
            for architecture in architectures:
                if steps:
                    usable[architecture] = self._adaptation.adapt(gan, architecture, steps, *names)
                yield architecture

        scored = self._scorer.score_all(
            generator,
            ready(),
            "reward",
            *names,
            num_images=protocol.num_images,
            splits=protocol.splits,
            with_fid=with_fid,
            with_kid=with_kid,
            with_neighbours=with_neighbours,
            running_statistics=protocol.statistics == "running",
        )
        for architecture, scores in zip(architectures, scored, strict=True):
            yield scores if usable[architecture] else _without_numbers(scores)


def _without_numbers(scores: Scores) -> Scores:
    others = (scores.fid, scores.kid, scores.precision, scores.recall)
    fid, kid, precision, recall = (None if value is None else math.nan for value in others)
    return replace(
        scores,
        inception_score=math.nan,
        inception_score_std=math.nan,
        fid=fid,
        kid=kid,
        precision=precision,
        recall=recall,
    )
