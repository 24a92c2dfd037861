"""The shared GAN as a finished search has left it, to be scored in other ways than the search's own."""

from __future__ import annotations

import dataclasses

import torch
from torch import nn

from autogan_core.ablations.suite.searches import Search
from autogan_core.config import RewardConfig
from autogan_core.errors import StateError
from autogan_core.metrics.features.extractor import FeatureExtractor
from autogan_core.metrics.scores import Scores
from autogan_core.runtime.distributed import World
from autogan_core.runtime.torch_seeding import draw_latents
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.candidate_scoring import CandidateScoring
from autogan_core.shared_gan.shared_networks import shared_networks
from autogan_core.shared_gan.trial_records import SHARED, shared_state
from autogan_core.training.adversarial.gan import GAN


class FinalWeights:
    """A search's last shared weights. Scoring leaves them as they are, statistics of batch norm included.

    A search that re-estimates these statistics for each candidate ends with those of the last one, not with what its
    training has left. So they are made anew on the final weights: one forward pass in training mode for each
    architecture that the search drew to train, in their order.
    """

    def __init__(self, search: Search, extractor: FeatureExtractor) -> None:
        """Loads the shared weights that a search ended with.

        Args:
            search: done.
            extractor: scores the images.

        Raises:
            StateError: the search's weights are missing or damaged, or belong to another configuration.
        """
        config, suite, inputs = search.config, search.suite, search.suite.inputs()
        snapshot = shared_state(search.store).load(suite.device)
        if snapshot is None:
            raise StateError(f"{search.store.location(SHARED)} is missing; restore it, or search in another folder")
        identity = {"configuration": config.fingerprint(), "data set": inputs.dataset.fingerprint}
        snapshot.require(identity, "the shared GAN")
        space = config.search_space()
        self._gan = shared_networks(config, space, suite.device, config.seed)
        self._gan.load_state_dict(snapshot.tensors)
        trained = [a for record in search.open().history for a in record.assignment.training]
        _pass_through(self._gan, trained, config.training.discriminator_batch, config.seed)
        self._statistics = {name: b.clone() for name, b in self._gan.generator.named_buffers()}
        scorer = dataclasses.replace(inputs.scorer(config), extractor=extractor)
        self._scoring = CandidateScoring(config, space, inputs.dataset, scorer, World.single(suite.device))

    def score(self, architecture: Architecture, *names: str | int, protocol: RewardConfig) -> Scores:
        """Scores one architecture on the final shared weights.

        Args:
            architecture: of any depth.
            names: seed the latent vectors and the batches of the adaptation.
            protocol: images, splits, statistics and steps of adaptation.

        Returns:
            The scores, without FID and KID; NaN where the adaptation failed.
        """
        self._gan.generator.load_state_dict(self._statistics, strict=False)
        [scores] = self._scoring.scores(
            self._gan, [architecture], *names, protocol=protocol, with_fid=False, with_kid=False
        )
        return scores


@torch.no_grad()
def _pass_through(gan: GAN, architectures: list[Architecture], batch: int, seed: int) -> None:
    for module in gan.generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    gan.generator.train()
    for step, architecture in enumerate(architectures):
        latents = draw_latents(gan.device, batch, gan.generator.latent_dim, seed, "statistics", step)
        gan.generator(latents, architecture)
