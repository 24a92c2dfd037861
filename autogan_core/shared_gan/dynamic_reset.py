"""Dynamic resetting: telling from the losses that the shared GAN has collapsed (paper, section 3.2)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from autogan_core.config import DynamicResetConfig
from autogan_core.runtime.distributed import World
from autogan_core.training.adversarial.gan import StepLosses
from autogan_core.training.adversarial.loss_reader import LossReader, LossValues


class LossWindows:
    """The latest losses of both networks.

    When a network collapses its hinge loss hardly moves any more. Both windows must be full (the generator's fills
    last) before either is judged. What is held against the threshold is a setting: the population variance, as the
    released code does and section 4 says, or the standard deviation, as section 3.2 says.

    The windows live across iterations, since one iteration need not fill them, and are cleared when the stage grows:
    losses of another image size and discriminator depth say nothing (the released code mixes them).
    """

    def __init__(self, config: DynamicResetConfig) -> None:
        self._config = config
        self._losses = {name: deque[float](maxlen=config.window) for name in ("discriminator", "generator")}

    def push(self, discriminator: float, generator: float | None) -> None:
        """Adds one step's losses; None where the generator was not trained."""
        self._losses["discriminator"].append(discriminator)
        if generator is not None:
            self._losses["generator"].append(generator)

    @property
    def collapsed(self) -> bool:
        """Whether either network's losses have stopped moving; False when resetting is disabled."""
        full = all(len(losses) == self._config.window for losses in self._losses.values())
        return self._config.enabled and full and any(s < self._config.threshold for s in self.spreads().values())

    def spreads(self) -> dict[str, float]:
        """Each non-empty window's statistic, by network."""
        return {name: self._spread(losses) for name, losses in self._losses.items() if losses}

    def clear(self) -> None:
        """Forgets all losses."""
        for losses in self._losses.values():
            losses.clear()

    def state_dict(self) -> dict[str, Tensor]:
        """Both windows as named tensors (float64, at most ``window`` long)."""
        return {
            f"losses.{name}": torch.tensor(list(losses), dtype=torch.float64) for name, losses in self._losses.items()
        }

    def load_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `state_dict`."""
        for name, losses in self._losses.items():
            losses.clear()
            losses.extend(tensors[f"losses.{name}"].tolist())

    def _spread(self, losses: deque[float]) -> float:
        variance = float(np.fromiter(losses, np.float64, len(losses)).var())
        return variance if self._config.statistic == "variance" else variance**0.5


class CollapseWatch:
    """Judges a training by its losses without making it wait for them.

    Losses come in blocks of steps, and a block is judged when the next one has been put in (`LossReader`): a training
    that collapses learns of it up to two blocks less one step later. The judgement is the one that each step's losses
    would have had on the spot.
    """

    def __init__(self, config: DynamicResetConfig, world: World) -> None:
        self._windows, self._reader = LossWindows(config), LossReader(world)
        self.collapsed_in: int | None = None
        """The step whose losses showed the collapse."""

    def push(self, first_step: int, losses: Sequence[StepLosses]) -> list[LossValues]:
        """Queues one block's losses, and judges the previous block's.

        Returns:
            The previous block's losses, one entry per step; empty for the first block.

        Raises:
            NonFiniteLossError: one of the block before is NaN or infinite.
        """
        return self._judge(self._reader.push(first_step, losses))

    def finish(self) -> list[LossValues]:
        """Waits for the last block, judges it and hands it out. Raises like `push`."""
        return self._judge(self._reader.finish())

    def spreads(self) -> dict[str, float]:
        """See `LossWindows.spreads`."""
        return self._windows.spreads()

    def clear(self) -> None:
        """Forgets all losses and the judgement."""
        self._windows.clear()
        self._reader.restore([])
        self.collapsed_in = None

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that later judgements rest on, as named tensors; waits for the last block. Raises like `push`."""
        rows = [
            (v.step, v.discriminator, math.nan if v.generator is None else v.generator) for v in self._reader.peek()
        ]
        return self._windows.state_dict() | {"losses.pending": torch.tensor(rows, dtype=torch.float64).view(-1, 3)}

    def load_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `state_dict`, with nothing judged yet."""
        self.clear()
        self._windows.load_state_dict(tensors)
        rows = tensors["losses.pending"].tolist()
        self._reader.restore(LossValues(int(step), d, None if math.isnan(g) else g) for step, d, g in rows)

    def _judge(self, block: Iterable[LossValues]) -> list[LossValues]:
        judged = list(block)
        for values in judged:
            if self.collapsed_in is None:
                self._windows.push(values.discriminator, values.generator)
                if self._windows.collapsed:
                    self.collapsed_in = values.step
        return judged
