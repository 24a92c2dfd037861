"""The loop that the product is measured against: eager float32, as most people would write it.

Default memory format, Adam with its defaults, one operator after the other, generated images detached rather than
made without a graph, and every loss read as it is made. It computes what the product computes: from the same weights,
latent vectors and batches it gets the same losses, which the benchmark's tests hold it to. Like PyTorch's defaults it
lets convolutions round to TF32 on GPUs that can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor
from torch.optim import Adam

from autogan_core.config import ModelConfig, TrainingConfig
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.storage import tensors_below
from autogan_core.training.adversarial.losses import hinge_loss_discriminator, hinge_loss_generator
from benchmarks.plain_networks import PlainDiscriminator, PlainGenerator


class Batches(Protocol):
    """The batches of a training."""

    def real(self, step: int) -> Tensor:
        """The step's real images, float (N, C, H, W) in [-1, 1]."""
        ...

    def latents(self, step: int, purpose: str, count: int) -> Tensor:
        """The step's latent vectors for the ``discriminator``'s or the ``generator``'s step, (count, latent_dim)."""
        ...


class PlainBatches:
    """Batches from uint8 images on the device: drawn, indexed, converted and scaled anew in every step."""

    def __init__(self, images: Tensor, batch_size: int, latent_dim: int) -> None:
        """``images``: uint8 (N, C, H, W), on the device to train on."""
        self._images, self._batch_size, self._latent_dim = images, batch_size, latent_dim

    def real(self, step: int) -> Tensor:
        """See `Batches.real`."""
        chosen = torch.randint(len(self._images), (self._batch_size,), device=self._images.device)
        return (self._images[chosen].float() / 255 - 0.5) / 0.5

    def latents(self, step: int, purpose: str, count: int) -> Tensor:
        """See `Batches.latents`."""
        return torch.randn(count, self._latent_dim, device=self._images.device)


class PlainGAN:
    """Both networks, their optimisers and the two steps."""

    def __init__(
        self,
        space: SearchSpace,
        model: ModelConfig,
        training: TrainingConfig,
        *,
        generator_channels: int,
        discriminator_channels: int,
        device: torch.device,
        state: Mapping[str, Tensor] | None,
    ) -> None:
        """``state``: of an untrained product GAN of the same arguments, ``GAN.state_dict()``; None: any weights."""
        self.generator = PlainGenerator(space, model, generator_channels).to(device)
        self.discriminator = PlainDiscriminator(model, discriminator_channels).to(device)
        if state is not None:
            self.generator.load_state_dict(tensors_below("generator.", state))
            self.discriminator.load_state_dict(discriminator_weights(tensors_below("discriminator.", state)))
        self.training = training
        self.generator_optimizer = Adam(
            self.generator.parameters(), lr=training.generator_lr, betas=training.adam_betas
        )
        self.discriminator_optimizer = Adam(
            self.discriminator.parameters(), lr=training.discriminator_lr, betas=training.adam_betas
        )

    def train_discriminator(self, batches: Batches, step: int, architecture: Architecture) -> float:
        """One discriminator step; returns its loss."""
        loss = self.discriminator_loss(batches, step, architecture)
        return _descend(loss, self.discriminator_optimizer)

    def train_generator(self, batches: Batches, step: int, architecture: Architecture) -> float:
        """One generator step; returns its loss. Leaves gradients in the discriminator, for its next step to clear."""
        return _descend(self.generator_loss(batches, step, architecture), self.generator_optimizer)

    def discriminator_loss(self, batches: Batches, step: int, architecture: Architecture) -> Tensor:
        """The loss that a discriminator step descends."""
        real = batches.real(step)
        z = batches.latents(step, "discriminator", self.training.discriminator_batch)
        fake = self.generator(z, architecture).detach()
        logits = self.discriminator(torch.cat([real, fake]), architecture.depth - 1)
        return hinge_loss_discriminator(logits[: len(real)], logits[len(real) :])

    def generator_loss(self, batches: Batches, step: int, architecture: Architecture) -> Tensor:
        """The loss that a generator step descends."""
        z = batches.latents(step, "generator", self.training.generator_batch)
        return hinge_loss_generator(self.discriminator(self.generator(z, architecture), architecture.depth - 1))


def _descend(loss: Tensor, optimizer: Adam) -> float:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.item()


def discriminator_weights(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Renames the product's discriminator tensors to those of torch's own spectral norm.

    The product keeps the estimates of all layers' singular vectors as the rows of two zero-padded matrices, ordered so
    that the layers of a stage are the first ones, and a layer's inputs by height, width and channel.

    Returns:
        A state dict for the plain discriminator.
    """
    blocks = ("linear", "first", "last", "middle")
    layers = [name.removesuffix(".weight") for name in tensors if name.endswith(".weight")]
    layers.sort(key=lambda layer: blocks.index(layer.split(".")[0]))
    named = {name: tensor for name, tensor in tensors.items() if name.endswith(".bias")}
    for layer, left, right in zip(layers, tensors["spectral_norm.left"], tensors["spectral_norm.right"], strict=True):
        weight, norm = tensors[f"{layer}.weight"], f"{layer}.parametrizations.weight"
        named[f"{norm}.original"] = weight
        named[f"{norm}.0._u"] = left[: len(weight)]
        inputs = right[: weight[0].numel()].view(*weight.shape[2:], weight.shape[1])
        named[f"{norm}.0._v"] = inputs.movedim(-1, 0).flatten()
    return named
