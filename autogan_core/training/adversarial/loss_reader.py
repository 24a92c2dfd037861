"""Losses on their way from the device to the host, so that no training step waits for them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from autogan_core.errors import NonFiniteLossError
from autogan_core.runtime.distributed import World
from autogan_core.training.adversarial.gan import StepLosses


@dataclass(frozen=True, slots=True)
class LossValues:
    """The losses of one training step, over all ranks; finite."""

    step: int
    discriminator: float
    generator: float | None
    """None in the steps between two generator steps."""

    def named(self) -> dict[str, float]:
        """The available losses, as ``loss_d`` and ``loss_g``."""
        losses = {"loss_d": self.discriminator}
        return losses if self.generator is None else {**losses, "loss_g": self.generator}


class LossReader:
    """Reads the losses of one block of steps while the next block is computed.

    By then the device is through with the first block, or nearly so, while the second one keeps it busy. The delay is
    the same on every device and at every speed, so that what follows from a loss follows in the same step again.
    """

    def __init__(self, world: World) -> None:
        """``world``: the ranks whose parts of the losses are added up; all put in the same steps."""
        self._world = world
        self._pending: list[LossValues] | _Transfer = []

    def push(self, first_step: int, losses: Sequence[StepLosses]) -> list[LossValues]:
        """Queues one block's losses, at least one step long.

        Returns:
            The previous block's losses, one entry per step; empty for the first block.

        Raises:
            NonFiniteLossError: one of the block before is NaN or infinite.
        """
        before = self.peek()
        self._pending = _Transfer(first_step, losses, self._world)
        return before

    def finish(self) -> list[LossValues]:
        """Waits for the losses of the last block and hands them out. Raises like `push`."""
        last, self._pending = self.peek(), []
        return last

    def peek(self) -> list[LossValues]:
        """The losses that the next `push` returns, as soon as the device has computed them. Raises like `push`."""
        if isinstance(self._pending, _Transfer):
            self._pending = self._pending.read()
        return self._pending

    def restore(self, pending: Iterable[LossValues]) -> None:
        """Queues the losses that `peek` returned when the training was stored."""
        self._pending = list(pending)


class _Transfer:
    """The losses of one block: a copy under way."""

    def __init__(self, first_step: int, losses: Sequence[StepLosses], world: World) -> None:
        self._first_step = first_step
        self._trained = [loss.generator is not None for loss in losses]
        scalars = [s for loss in losses for s in (loss.discriminator, loss.generator) if s is not None]
        values = world.sum_(torch.stack(scalars))
        self._values, self._arrived = values, None
        if values.is_cuda:
            self._values = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
            self._values.copy_(values, non_blocking=True)
            self._arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._arrived.record()

    def read(self) -> list[LossValues]:
        if self._arrived is not None:
            self._arrived.synchronize()
        values = iter(self._values.tolist())
        steps = enumerate(self._trained, start=self._first_step)
        return [_checked(step, next(values), next(values) if trained else None) for step, trained in steps]


def _checked(step: int, discriminator: float, generator: float | None) -> LossValues:
    for network, value in (("discriminator", discriminator), ("generator", generator)):
        if value is not None and not math.isfinite(value):
            raise NonFiniteLossError(
                f"the {network}'s loss became {value} in step {step}; lower training.{network}_lr if it happens again"
            )
    return LossValues(step, discriminator, generator)
