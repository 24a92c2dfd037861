"""Advantages of candidates' rewards over baselines (paper, section 3.3.2)."""

from __future__ import annotations

import numpy as np

from autogan_core.config import ControllerConfig
from autogan_core.search.controller import Floats

_NO_SPREAD = 1e-9
"""Standard deviation, relative to the largest reward, below which rewards differ by rounding only."""


class Advantages:
    """The advantages of a stage's rewards, slot by slot, by ``baseline`` and ``advantage`` of `ControllerConfig`.

    Rewards drift as the shared weights go on training, so a baseline that lives as long as its controller (the
    paper's, ``moving-average``) takes a change of level for a difference between architectures. ``slot-mean`` and
    ``leave-one-out`` compare only what was scored on the same weights; n rewards give them advantages that differ by
    the factor n / (n - 1), and sum to zero. So does, less exactly, the ``released`` code's restart in every slot, of
    whose first reward nothing is learned.
    """

    def __init__(self, config: ControllerConfig) -> None:
        self._config = config
        self._average: float | None = None

    def of(self, rewards: Floats) -> Floats:
        """Computes the advantages of a slot's finite rewards (N,), N at least 1.

        Normalised advantages are in standard deviations of these rewards. Rewards that are all equal teach nothing, be
        they above the baseline or below it.

        Returns:
            Advantages (N,), in the order of the rewards; with normalisation zeros if all rewards are equal.
        """
        advantages = self._plain(rewards)
        if self._config.advantage == "plain":
            return advantages
        spread = rewards.std()
        if spread <= _NO_SPREAD * np.abs(rewards).max():
            return np.zeros_like(rewards)
        normalised: Floats = advantages / spread
        return normalised

    def _plain(self, rewards: Floats) -> Floats:
        if self._config.baseline == "moving-average":
            return self._above_average(rewards)
        if self._config.baseline == "released":
            self._average = None
            # The reward is in the average that it is compared with: R - (d b + (1 - d) R) = d (R - b).
            return self._config.baseline_decay * self._above_average(rewards)
        above_mean: Floats = rewards - rewards.mean()
        if self._config.baseline == "leave-one-out" and len(rewards) > 1:
            above_mean *= len(rewards) / (len(rewards) - 1)
        return above_mean

    def _above_average(self, rewards: Floats) -> Floats:
        """Above the moving average of the rewards before each; the first one ever is its own baseline."""
        decay, advantages = self._config.baseline_decay, np.empty_like(rewards)
        for i, reward in enumerate(rewards.tolist()):
            average = reward if self._average is None else self._average
            advantages[i] = reward - average
            self._average = decay * average + (1 - decay) * reward
        return advantages
