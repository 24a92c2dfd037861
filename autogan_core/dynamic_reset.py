"""Dynamic resetting: telling from the losses that the shared GAN has collapsed (paper, section 3.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import torch
from torch import Tensor

from autogan_core.config import DynamicResetConfig


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

    def state(self) -> dict[str, Tensor]:
        """Both windows as named tensors (float64, at most ``window`` long)."""
        return {
            f"losses.{name}": torch.tensor(list(losses), dtype=torch.float64) for name, losses in self._losses.items()
        }

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `state`."""
        for name, losses in self._losses.items():
            losses.clear()
            losses.extend(tensors[f"losses.{name}"].tolist())

    def _spread(self, losses: deque[float]) -> float:
        variance = torch.tensor(list(losses), dtype=torch.float64).var(correction=0).item()
        return variance if self._config.statistic == "variance" else variance**0.5
