"""A generator and a discriminator trained against each other: the engine of the shared and the derived GAN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam

from autogan_core.config import ModelConfig, TrainingConfig
from autogan_core.data import to_float
from autogan_core.networks.discriminator import BaseDiscriminator
from autogan_core.networks.generator import BaseGenerator, Generator
from autogan_core.networks.precision import training_dtype
from autogan_core.networks.searched_discriminator import discriminator_over
from autogan_core.operations.layers.batch_norm import statistics_across
from autogan_core.runtime.distributed import World
from autogan_core.runtime.torch_seeding import seeded_initialisation
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.storage import tensors_below
from autogan_core.training.adversarial.adam import adam, load_moments, moments
from autogan_core.training.adversarial.augmentation import Augmentation
from autogan_core.training.adversarial.cuda_graphs import CapturedWork
from autogan_core.training.adversarial.gradient_sum import GradientSum
from autogan_core.training.adversarial.losses import LOSSES, AdversarialLoss, gradient_penalty
from autogan_core.training.adversarial.step_tensors import ComparedImages, JudgedImages, StepTensors
from autogan_core.training.adversarial.training_stream import TrainingStream


@dataclass(frozen=True, slots=True)
class StepLosses:
    """The losses of one training step: scalars on the device, this rank's part of the sum over all ranks.

    They may not be computed yet; looking at them waits for that. `LossReader` reads them without.
    """

    discriminator: Tensor
    generator: Tensor | None
    """None in the steps between two generator steps."""


class GAN:
    """Both networks and their optimisers.

    Adam skips a weight that got no gradient in a step, so weights that an architecture does not use stay as they are,
    moments included (PyTorch 1.1, under the released code, kept decaying them).

    Nothing in a step waits for the device. On a GPU a step is a handful of CUDA graphs, captured for each architecture
    (the discriminator's update, which is the same for all, once for each stage); the tensors that they work on stay
    where they are for as long as the GAN lives.

    In a world of several ranks each holds all weights and trains on its share of every batch. The batches, and so the
    results up to rounding, are those of one process: losses, gradients and batch norm's statistics are the whole
    batch's, and weights stay equal on all ranks because equal updates reach them.
    """

    def __init__(
        self,
        generator: BaseGenerator,
        discriminator: BaseDiscriminator,
        model: ModelConfig,
        training: TrainingConfig,
        *,
        device: torch.device,
        world: World | None = None,
        capture: bool = True,
    ) -> None:
        """Moves both networks to the device and creates their optimisers.

        Args:
            generator: untrained.
            discriminator: untrained.
            model: shapes.
            training: batches, optimisers and precision.
            device: where everything lies.
            world: the ranks to train with, which pass equal arguments; None: this process alone.
            capture: whether to use CUDA graphs where there is a GPU; several ranks do without.
        """
        # Convolutions run about 1.5 times faster in this layout, on CPUs too.
        self.generator = generator.to(device).to(memory_format=torch.channels_last)
        self.discriminator = discriminator.to(device).to(memory_format=torch.channels_last)
        self.generator.dtype = self.discriminator.dtype = training_dtype(training, device)
        self.generator.checkpointing = self.discriminator.checkpointing = training.checkpointing
        self.training = training
        self.device = device
        self._model = model
        self._world = world or World.single(device)
        self.generator_optimizer = adam(self.generator, training.generator_lr, training)
        self.discriminator_optimizer = adam(self.discriminator, training.discriminator_lr, training)
        self._augmentation = Augmentation(training, device)
        self._gradients = GradientSum(self._world, [*self.generator.parameters(), *self.discriminator.parameters()])
        self._captured = CapturedWork(device, enabled=capture and self._world.size == 1)
        self._tensors = StepTensors(self._world)

    @classmethod
    def over(
        cls,
        space: SearchSpace,
        model: ModelConfig,
        training: TrainingConfig,
        *,
        generator_channels: int,
        discriminator_channels: int,
        device: torch.device,
        seed: int,
        world: World | None = None,
        capture: bool = True,
    ) -> GAN:
        """Builds the paper's networks over a search space.

        Args:
            space: what the networks can be.
            model: shapes.
            training: batches, optimisers and precision.
            generator_channels: feature maps of every generator layer.
            discriminator_channels: feature maps of every discriminator layer.
            device: as in the constructor.
            seed: decides the first weights.
            world: as in the constructor.
            capture: as in the constructor.

        Returns:
            An untrained GAN on ``device``.
        """
        with seeded_initialisation(seed, "weights"):
            generator = Generator(space, model, generator_channels)
            discriminator = discriminator_over(space, model, discriminator_channels)
        return cls(generator, discriminator, model, training, device=device, world=world, capture=capture)

    def loss(self, architecture: Architecture) -> AdversarialLoss:
        """What both networks minimise: the architecture's own choice, else that of ``training.loss``."""
        return LOSSES[architecture.loss or self.training.loss]

    def train_step(self, stream: TrainingStream, step: int, architecture: Architecture) -> StepLosses:
        """One discriminator step and, in every ``n_critic``-th step from step 0 on, one generator step.

        Args:
            stream: the whole batches, the same on all ranks.
            step: counts from 0.
            architecture: trained by all ranks.

        Returns:
            The losses, not yet looked at: if one is not finite, the weights are spoilt from this step on.
        """
        discriminator_loss = self.train_discriminator(stream, step, architecture)
        if step % self.training.n_critic:
            return StepLosses(discriminator_loss, None)
        return StepLosses(discriminator_loss, self.train_generator(stream, step, architecture))

    def train_discriminator(self, stream: TrainingStream, step: int, architecture: Architecture) -> Tensor:
        """The discriminator's part of `train_step`: its loss."""
        self._set_training()
        num_fake, indices = self.training.discriminator_batch, stream.real(step)
        num_real, stage, tensors = len(indices), architecture.depth - 1, self._tensors
        adversarial = self.loss(architecture)
        latents = tensors.latents(stream, step, "discriminator", num_fake)
        labels = tensors.labels(stream, step, "discriminator", num_fake)
        real, real_labels = tensors.real(stream, indices, stage)
        fake = tensors.place(("fake", stage), lambda: self._empty_images(len(latents), architecture.depth))
        judged = JudgedImages(
            real,
            fake,
            real_labels,
            labels,
            self._draws(stream, step, "real", num_real),
            self._draws(stream, step, "fake", num_fake),
            tensors.mix(stream, step, num_fake) if adversarial.gradient_penalty else None,
        )
        loss = tensors.place("discriminator loss", self._zero)

        @torch.no_grad()
        def generate() -> None:
            fake.copy_(self._generated(latents, architecture, labels))

        def update() -> None:
            value = self._discriminator_loss(judged, architecture, num_real)
            self._descend(value, self.discriminator_optimizer)
            loss.copy_(value.detach())

        with statistics_across(self.generator, self._world), statistics_across(self.discriminator, self._world):
            self._captured.run(("images", architecture), generate)
            self._captured.run(
                ("discriminator", stage, num_real, architecture.loss, architecture.discriminator), update
            )
        return loss.clone()

    def _generated(self, latents: Tensor, architecture: Architecture, labels: Tensor | None) -> Tensor:
        """Images of the generator; one with a single route, a baseline, knows nothing of labels."""
        images: Tensor = self.generator(latents, architecture, *(() if labels is None else (labels,)))
        return images

    def _discriminator_loss(self, judged: JudgedImages, architecture: Architecture, num_real: int) -> Tensor:
        """The loss of this rank's images; ``num_real`` counts the real ones of the whole batch."""
        fake, num_fake = judged.fake, self.training.discriminator_batch
        adversarial, path = self.loss(architecture), _path(architecture)
        real = to_float(judged.real).to(fake.dtype)
        if self._augmentation.acts:
            real = self._augmentation.of_real(real, judged.real_draws)
            fake = self._augmentation.of_generated(fake, judged.fake_draws)
        real_logits, fake_logits = self.discriminator.judge(real, fake, labels=judged.labels, **path)
        self._augmentation.follow(real_logits, num_real, self._world)
        value = adversarial.of_discriminator(real_logits, fake_logits, num_real, num_fake, self._world)
        if judged.mix is None:
            return value
        pairs = min(len(real), len(fake))
        labels = None if judged.real_labels is None else judged.real_labels[:pairs]
        critic = partial(self.discriminator, **path, **({} if labels is None else {"labels": labels}))
        penalty = gradient_penalty(critic, real, fake, judged.mix, min(num_real, num_fake))
        return value + adversarial.gradient_penalty * penalty

    def train_generator(self, stream: TrainingStream, step: int, architecture: Architecture) -> Tensor:
        """The generator's part of `train_step`: its loss."""
        self._set_training()
        num_fake = self.training.generator_batch
        latents = self._tensors.latents(stream, step, "generator", num_fake)
        labels = self._tensors.labels(stream, step, "generator", num_fake)
        draws, path = self._draws(stream, step, "generator", num_fake), _path(architecture)
        adversarial = self.loss(architecture)
        compared = self._compared_images(stream, step, architecture.depth - 1) if adversarial.relativistic else None
        num_real = compared.count if compared else 0
        loss = self._tensors.place("generator loss", self._zero)

        def update() -> None:
            fake = self._augmentation.of_generated(self._generated(latents, architecture, labels), draws)
            given = {} if labels is None else {"labels": labels}
            real_logits = None
            if compared is not None:
                real = self._augmentation.of_real(to_float(compared.images).to(fake.dtype), compared.draws)
                real_logits = self.discriminator(
                    real, **path, **({} if labels is None else {"labels": compared.labels})
                )
            fake_logits = self.discriminator(fake, **path, **given)
            value = adversarial.of_generator(real_logits, fake_logits, num_real, num_fake, self._world)
            self._descend(value, self.generator_optimizer)
            loss.copy_(value.detach())

        self.discriminator.requires_grad_(False)
        try:
            with statistics_across(self.generator, self._world), statistics_across(self.discriminator, self._world):
                self._captured.run(("generator", architecture, num_real), update)
        finally:
            self.discriminator.requires_grad_(True)
        return loss.clone()

    def _compared_images(self, stream: TrainingStream, step: int, stage: int) -> ComparedImages:
        """The step's real images, for a generator's loss that compares with them."""
        indices = stream.real(step)
        real, labels = self._tensors.real(stream, indices, stage)
        draws = self._draws(stream, step, "generator's real", len(indices))
        return ComparedImages(real, labels, draws, len(indices))

    def _set_training(self) -> None:
        for network in (self.generator, self.discriminator):
            if not network.training:  # walking through all modules at every step would take longer than a GPU's step
                network.train()

    def _draws(self, stream: TrainingStream, step: int, purpose: str, count: int) -> Tensor:
        """This rank's share of the augmentation's draws, in their place; none of them where nothing is augmented."""
        if not self._augmentation.acts:
            return torch.empty(0)
        return self._tensors.augmentation(stream, step, purpose, count)

    def _zero(self) -> Tensor:
        return torch.zeros((), dtype=self.generator.project.weight.dtype, device=self.device)

    def _empty_images(self, count: int, depth: int) -> Tensor:
        size = self._model.image_size_at(depth)
        images = self.generator.project.weight.new_empty(count, self._model.image_channels, size, size)
        return images.to(memory_format=torch.channels_last)

    def _descend(self, loss: Tensor, optimizer: Adam) -> None:
        """One step down the sum of all ranks' ``loss``."""
        loss.backward()  # type: ignore[no-untyped-call]
        self._gradients.finish()
        for group in optimizer.param_groups:  # else it refuses to be captured, or warns of not being
            group["capturable"] = loss.is_cuda and torch.cuda.is_current_stream_capturing()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def synchronise(self, source: int = 0) -> None:
        """Makes all ranks hold rank ``source``'s state, after ranks have scored architectures of their own.

        Scoring leaves each rank the batch-norm statistics of its last architecture. The rank that scored the last of
        all holds those that a single process would. The weights are sent along, although they should be equal:
        GPUs of different kinds round differently.
        """
        self._world.broadcast(self.state_dict().values(), source)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that training continues from, as named tensors."""
        tensors = {f"generator.{name}": tensor for name, tensor in self.generator.state_dict().items()}
        tensors |= {f"discriminator.{name}": tensor for name, tensor in self.discriminator.state_dict().items()}
        tensors |= {f"augmentation.{name}": tensor for name, tensor in self._augmentation.state_dict().items()}
        for name, optimizer in self._optimizers().items():
            tensors |= {f"{name}.{key}": tensor for key, tensor in moments(optimizer).items()}
        return tensors

    def load_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `state_dict`; all tensors stay where they are.

        Raises:
            RuntimeError: the tensors are those of other networks.
        """
        self.generator.load_state_dict(tensors_below("generator.", tensors))
        self.discriminator.load_state_dict(tensors_below("discriminator.", tensors))
        self._augmentation.load_state_dict(tensors_below("augmentation.", tensors))
        for name, optimizer in self._optimizers().items():
            load_moments(optimizer, tensors_below(f"{name}.", tensors))

    def _optimizers(self) -> dict[str, Adam]:
        return {
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }


def _path(architecture: Architecture) -> dict[str, Any]:
    """What a discriminator is called with beside images and labels; one that is not searched knows no cells."""
    path = {"stage": architecture.depth - 1}
    return path | ({"cells": architecture.discriminator} if architecture.discriminator else {})
