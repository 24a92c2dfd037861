"""The inputs of a training: real batches and random draws, each a function of the step alone."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autogan_core.runtime.seeding import derive_seed
from autogan_core.runtime.torch_seeding import draw_latents, seeded_generator
from autogan_core.training.adversarial.augmentation import NUM_DRAWS


class TrainingStream:
    """Real batches and random draws for every step of a training.

    An epoch visits every image once, in an order of its own; its last batch holds what is left, as in the released
    code. Nothing has to be stored for a training to continue where it was.
    """

    def __init__(
        self, images: Tensor, batch_size: int, latent_dim: int, seed: int, labels: Tensor | None = None
    ) -> None:
        """Nothing is drawn yet.

        Args:
            images: uint8 (N, C, H, W), on the device to train on; they stay there as bytes.
            batch_size: real images in a step.
            latent_dim: length of a latent vector.
            seed: decides all orders and draws.
            labels: int64 (N,), for conditional networks, -1 where an image has none; None: labels play no part.
        """
        self.images, self.labels = images, None if labels is None else labels.to(images.device)
        self._known = None if self.labels is None else self.labels[self.labels >= 0]
        self._batch_size, self._latent_dim, self._seed = batch_size, latent_dim, seed
        self.steps_per_epoch = math.ceil(len(images) / batch_size)
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def real(self, step: int) -> Tensor:
        """Indices into ``images`` of the step's batch, int64 (<= batch_size,), on their device."""
        epoch, batch = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            shuffle = torch.Generator().manual_seed(derive_seed(self._seed, "epoch", epoch))
            self._order = torch.randperm(len(self.images), generator=shuffle).to(self.images.device)
            self._epoch = epoch
        return self._order[batch * self._batch_size : (batch + 1) * self._batch_size]

    def latents(self, step: int, purpose: str, count: int) -> Tensor:
        """The step's latent vectors for one network, (count, latent_dim)."""
        return draw_latents(self.images.device, count, self._latent_dim, self._seed, purpose, step)

    def generated_labels(self, step: int, purpose: str, count: int) -> Tensor | None:
        """What the step's images for one network are to show, int64 (count,): labels of training images at random."""
        if self._known is None:
            return None
        rng = seeded_generator(self.images.device, self._seed, "labels", purpose, step)
        return self._known[torch.randint(len(self._known), (count,), device=self.images.device, generator=rng)]

    def augmentation(self, step: int, purpose: str, count: int) -> Tensor:
        """The step's draws from [0, 1), uniform (count, `NUM_DRAWS`): for `augmentation.Augmentation`."""
        generator = seeded_generator(self.images.device, self._seed, "augmentation", purpose, step)
        return torch.rand(count, NUM_DRAWS, device=self.images.device, generator=generator)

    def mix(self, step: int, count: int) -> Tensor:
        """The step's draws from [0, 1), uniform (count, 1, 1, 1): for `losses.gradient_penalty`."""
        device = self.images.device
        return torch.rand(count, 1, 1, 1, device=device, generator=seeded_generator(device, self._seed, "mix", step))
