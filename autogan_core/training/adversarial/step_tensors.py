"""The inputs of a training step, in tensors that stay where they are."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import torch
from torch import Tensor

from autogan_core.runtime.distributed import World
from autogan_core.training.adversarial.training_stream import TrainingStream


@dataclass(frozen=True, slots=True)
class JudgedImages:
    """What the discriminator's loss is computed on: this rank's share of a step."""

    real: Tensor
    """uint8 (n, C, S, S)."""
    fake: Tensor
    """(m, C, S, S) in [-1, 1], without a gradient into the generator."""
    real_labels: Tensor | None
    """int64 (n,), or None without labels."""
    fake_labels: Tensor | None
    """int64 (m,); likewise."""
    real_draws: Tensor
    """How real images are augmented."""
    fake_draws: Tensor
    """How generated images are augmented."""
    mix: Tensor | None
    """For the gradient penalty, where there is one."""

    @property
    def labels(self) -> Tensor | None:
        """Of the real images, then of the generated ones, int64 (n + m,); None without labels."""
        if self.real_labels is None or self.fake_labels is None:
            return None
        return torch.cat([self.real_labels, self.fake_labels])


@dataclass(frozen=True, slots=True)
class ComparedImages:
    """What a relativistic generator's loss compares its images with: this rank's share of a step's real ones."""

    images: Tensor
    """uint8 (n, C, S, S)."""
    labels: Tensor | None
    """int64 (n,), or None without labels."""
    draws: Tensor
    """How they are augmented."""
    count: int
    """Of the whole batch."""


class StepTensors:
    """This rank's share of a step's batches and draws, each in a place of its own, for captured work to find it there.

    A batch of another size has another place.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._places: dict[Hashable, Tensor] = {}

    def place(self, key: Hashable, make: Callable[[], Tensor]) -> Tensor:
        """The tensor that stays under ``key``, made when it is first asked for."""
        if key not in self._places:
            self._places[key] = make()
        return self._places[key]

    def real(self, stream: TrainingStream, indices: Tensor, stage: int) -> tuple[Tensor, Tensor | None]:
        """Real images by their indices in the whole batch.

        Returns:
            uint8 (n, C, S, S), and their labels (n,) if the stream has any.
        """
        own = self._world.share(indices)
        images = self.place(("real", len(own), stage), lambda: stream.images[own])
        torch.index_select(stream.images, 0, own, out=images)
        return images, None if stream.labels is None else self._placed("real labels", stream.labels[own])

    def latents(self, stream: TrainingStream, step: int, purpose: str, count: int) -> Tensor:
        """Latent vectors for one network's images, of which the whole batch has ``count``."""
        return self._shared(("latents", purpose), stream.latents(step, purpose, count))

    def labels(self, stream: TrainingStream, step: int, purpose: str, count: int) -> Tensor | None:
        """What these images are to show; None without labels."""
        drawn = stream.generated_labels(step, purpose, count)
        return None if drawn is None else self._shared(("labels", purpose), drawn)

    def augmentation(self, stream: TrainingStream, step: int, purpose: str, count: int) -> Tensor:
        """The draws that decide how images are augmented."""
        return self._shared(("augmentation", purpose), stream.augmentation(step, purpose, count))

    def mix(self, stream: TrainingStream, step: int, count: int) -> Tensor:
        """The mixtures at which a gradient penalty looks."""
        return self._shared("mix", stream.mix(step, count))

    def _shared(self, key: Hashable, batch: Tensor) -> Tensor:
        return self._placed(key, self._world.share(batch))

    def _placed(self, key: Hashable, own: Tensor) -> Tensor:
        return self.place((key, len(own)), lambda: torch.empty_like(own)).copy_(own)
