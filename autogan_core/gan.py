"""A generator and a discriminator trained against each other: the engine of the shared and the derived GAN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Adam

from autogan_core.cells import statistics_across
from autogan_core.config import ModelConfig, TrainingConfig
from autogan_core.data import to_float
from autogan_core.discriminator import Discriminator
from autogan_core.distributed import World
from autogan_core.errors import NonFiniteLossError
from autogan_core.generator import Generator
from autogan_core.losses import hinge_loss_discriminator, hinge_loss_generator
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.seeding import derive_seed
from autogan_core.storage import tensors_below
from autogan_core.torch_seeding import seeded_generator, seeded_initialisation


@dataclass(frozen=True, slots=True)
class StepLosses:
    """What one training step cost; finite."""

    discriminator: float
    generator: float | None
    """None in the steps between two generator steps."""

    def named(self) -> dict[str, float]:
        """What there is, as ``loss_d`` and ``loss_g``."""
        losses = {"loss_d": self.discriminator}
        return losses if self.generator is None else {**losses, "loss_g": self.generator}


class GAN:
    """Both networks and their optimisers.

    Adam skips a weight that got no gradient in a step, so weights that an architecture does not use stay as they are,
    moments included (PyTorch 1.1, under the released code, kept decaying them).

    In a world of several ranks each holds all weights and trains on its share of every batch. The batches, and so the
    results up to rounding, are those of one process: losses, gradients and batch norm's statistics are the whole
    batch's, and weights stay equal on all ranks because equal updates reach them.
    """

    def __init__(
        self,
        space: SearchSpace,
        model: ModelConfig,
        training: TrainingConfig,
        *,
        generator_channels: int,
        discriminator_channels: int,
        device: torch.device,
        seed: int,
        world: World | None = None,
    ) -> None:
        """``world``: the ranks to train with, which pass equal arguments; None: this process alone."""
        with seeded_initialisation(seed, "weights"):
            generator = Generator(space, model, generator_channels)
            discriminator = Discriminator(model, discriminator_channels)
        # Convolutions run about 1.5 times faster in this layout, on CPUs too.
        self.generator = generator.to(device).to(memory_format=torch.channels_last)
        self.discriminator = discriminator.to(device).to(memory_format=torch.channels_last)
        self.training = training
        self.device = device
        self._world = world or World.single(device)
        self.generator_optimizer = Adam(
            self.generator.parameters(), lr=training.generator_lr, betas=training.adam_betas, fused=True
        )
        self.discriminator_optimizer = Adam(
            self.discriminator.parameters(), lr=training.discriminator_lr, betas=training.adam_betas, fused=True
        )

    def train_step(self, stream: TrainingStream, step: int, architecture: Architecture) -> StepLosses:
        """One discriminator step and, in every ``n_critic``-th step from step 0 on, one generator step.

        Args:
            stream: the whole batches, the same on all ranks.
            step: counts from 0.
            architecture: trained by all ranks.

        Raises:
            NonFiniteLossError: a loss is NaN or infinite, on all ranks; no weight has been changed by it.
        """
        self.generator.train()
        self.discriminator.train()
        with statistics_across(self.generator, self._world):
            discriminator_loss = self._train_discriminator(stream, step, architecture)
            if step % self.training.n_critic:
                return StepLosses(discriminator_loss, None)
            return StepLosses(discriminator_loss, self._train_generator(stream, step, architecture))

    def _train_discriminator(self, stream: TrainingStream, step: int, architecture: Architecture) -> float:
        batch, num_fake = stream.real(step), self.training.discriminator_batch
        real = self._world.share(batch)
        with torch.no_grad():
            fake = self._generate(stream, step, "discriminator", num_fake, architecture)
        logits = self.discriminator(torch.cat([real, fake]), architecture.depth - 1)
        loss = hinge_loss_discriminator(logits[: len(real)], logits[len(real) :], len(batch), num_fake)
        return self._descend(loss, self.discriminator_optimizer, "discriminator", step)

    def _train_generator(self, stream: TrainingStream, step: int, architecture: Architecture) -> float:
        num_fake = self.training.generator_batch
        self.discriminator.requires_grad_(False)
        try:
            fake = self._generate(stream, step, "generator", num_fake, architecture)
            loss = hinge_loss_generator(self.discriminator(fake, architecture.depth - 1), num_fake)
            return self._descend(loss, self.generator_optimizer, "generator", step)
        finally:
            self.discriminator.requires_grad_(True)

    def _generate(
        self, stream: TrainingStream, step: int, purpose: str, count: int, architecture: Architecture
    ) -> Tensor:
        images: Tensor = self.generator(self._world.share(stream.latents(step, purpose, count)), architecture)
        return images

    def _descend(self, loss: Tensor, optimizer: Adam, network: str, step: int) -> float:
        """``loss``: this rank's part; returns the sum over all of them."""
        value = self._world.sum_(loss.detach().clone()).item()
        if not math.isfinite(value):
            raise NonFiniteLossError(
                f"the {network}'s loss became {value} in step {step}; lower training.{network}_lr if it happens again"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        # The architecture decides which weights have a gradient, so it is the same ones on all ranks.
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        self._world.sum_all_([weight.grad for weight in weights if weight.grad is not None])
        optimizer.step()
        return value

    def synchronise(self, source: int = 0) -> None:
        """Makes all ranks hold rank ``source``'s state, after ranks have scored architectures of their own.

        Scoring leaves each rank the batch-norm statistics of its last architecture. The rank that scored the last of
        all holds those that a single process would. The weights are sent along, although they should be equal:
        GPUs of different kinds round differently.
        """
        self._world.broadcast(self.state().values(), source)

    def state(self) -> dict[str, Tensor]:
        """Everything that training continues from, as named tensors."""
        tensors = {f"generator.{name}": tensor for name, tensor in self.generator.state_dict().items()}
        tensors |= {f"discriminator.{name}": tensor for name, tensor in self.discriminator.state_dict().items()}
        for name, optimizer in self._optimizers().items():
            for index, slots in optimizer.state_dict()["state"].items():
                tensors |= {f"{name}.{index}.{slot}": tensor for slot, tensor in slots.items()}
        return tensors

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `state`.

        Raises:
            RuntimeError: the tensors are those of other networks.
        """
        self.generator.load_state_dict(tensors_below("generator.", tensors))
        self.discriminator.load_state_dict(tensors_below("discriminator.", tensors))
        for name, optimizer in self._optimizers().items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, tensor in tensors_below(f"{name}.", tensors).items():
                index, slot = key.split(".")
                # The fused kernel takes moments only in the weights' own memory layout.
                layout = torch.channels_last if tensor.dim() == 4 else torch.contiguous_format
                state.setdefault(int(index), {})[slot] = tensor.contiguous(memory_format=layout)
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})

    def _optimizers(self) -> dict[str, Adam]:
        return {
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }


class TrainingStream:
    """Real batches and latent vectors for every step of a training, each a function of the step alone.

    An epoch visits every image once, in an order of its own; its last batch holds what is left, as in the released
    code. Nothing has to be stored for a training to continue where it was.
    """

    def __init__(self, images: Tensor, batch_size: int, latent_dim: int, seed: int) -> None:
        """``images``: uint8 (N, C, H, W), on the device to train on."""
        self._images, self._batch_size, self._latent_dim, self._seed = images, batch_size, latent_dim, seed
        self.steps_per_epoch = math.ceil(len(images) / batch_size)
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def real(self, step: int) -> Tensor:
        """The step's real images, (<= batch_size, C, H, W) in [-1, 1]."""
        epoch, batch = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            shuffle = torch.Generator().manual_seed(derive_seed(self._seed, "epoch", epoch))
            self._order = torch.randperm(len(self._images), generator=shuffle).to(self._images.device)
            self._epoch = epoch
        return to_float(self._images[self._order[batch * self._batch_size : (batch + 1) * self._batch_size]])

    def latents(self, step: int, purpose: str, count: int) -> Tensor:
        """The step's latent vectors for one network, (count, latent_dim)."""
        return draw_latents(self._images.device, count, self._latent_dim, self._seed, purpose, step)


def draw_latents(device: torch.device, count: int, latent_dim: int, seed: int, *names: str | int) -> Tensor:
    """Latent vectors z ~ N(0, 1) for one purpose, (count, latent_dim)."""
    return torch.randn(count, latent_dim, device=device, generator=seeded_generator(device, seed, *names))
