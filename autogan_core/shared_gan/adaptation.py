"""Training a candidate alone, for a few steps, on a copy of the shared GAN."""

from __future__ import annotations

import logging
from functools import cached_property

from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import ImageDataset
from autogan_core.errors import NonFiniteLossError
from autogan_core.runtime.distributed import World
from autogan_core.runtime.seeding import derive_seed
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.shared_gan.shared_networks import shared_networks
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.loss_reader import LossReader
from autogan_core.training.adversarial.training_stream import TrainingStream

logger = logging.getLogger(__name__)


class Adaptation:
    """A second GAN over the same space, which takes over the shared one's state for one candidate at a time.

    The shared GAN is only read. Every rank adapts its own candidates, on whole batches and without exchanges, so a
    candidate ends with the same weights on any number of ranks, up to rounding.
    """

    def __init__(self, config: Config, space: SearchSpace, dataset: ImageDataset, world: World) -> None:
        self._config, self._space, self._dataset, self._device = config, space, dataset, world.device
        self._images: dict[int, Tensor] = {}

    @cached_property
    def gan(self) -> GAN:
        """The copy, as the last adaptation has left it."""
        # Recording CUDA graphs for each candidate would take longer than its few steps.
        return shared_networks(self._config, self._space, self._device, self._config.seed, capture=False)

    def adapt(self, shared: GAN, architecture: Architecture, steps: int, *names: str | int) -> bool:
        """Copies ``shared`` and trains ``architecture`` for ``steps`` steps.

        Args:
            shared: weights, moments and statistics to start from; left as they are, bit for bit.
            architecture: lies in the space; decides the size of the images.
            steps: discriminator steps, with a generator step beside every ``training.n_critic``-th from the first on.
            names: what it is for; equal names draw equal batches and latent vectors for equal architectures.

        Returns:
            Whether all losses were finite; otherwise the copy is spoilt.
        """
        self.gan.load_state_dict(shared.state_dict())
        seed = derive_seed(self._config.seed, "adaptation", *names, str(architecture))
        batch, latent_dim = self._config.training.discriminator_batch, self._config.model.latent_dim
        labels = self._dataset.labels_of(self._config.model.classes)
        stream = TrainingStream(self._images_at(architecture.depth), batch, latent_dim, seed, labels)
        losses = LossReader(World.single(self._device))
        losses.push(0, [self.gan.train_step(stream, step, architecture) for step in range(steps)])
        try:
            losses.finish()
        except NonFiniteLossError as error:
            logger.warning("%s gets no reward, for adapting it failed: %s", architecture, error)
            return False
        return True

    def _images_at(self, depth: int) -> Tensor:
        """The training images of a stage, on the device; those of one stage are kept."""
        if depth not in self._images:
            size = self._config.model.image_size_at(depth)
            self._images = {depth: self._dataset.at_size(size).to(self._device)}
        return self._images[depth]
