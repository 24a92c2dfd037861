"""A controller that learns from all earlier rewards of its stage, not from the latest alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autogan_core.config import SearchConfig
from autogan_core.runtime.seeding import seeded_rng
from autogan_core.search.controller import Hidden, Ints
from autogan_core.search.policy import Policy

LARGEST_WEIGHT = 20.0
"""Of one reward, relative to an average one's."""
_NO_SPREAD = 1e-9


class OffPolicy(Policy):
    """Advantage-weighted regression (Peng et al., 2019) on a memory of the stage's rewards.

    Like E2GAN (Tian et al., ECCV 2020), whose soft actor-critic replays earlier trajectories, it takes a reward more
    than once, and whichever policy drew the cell. Each slot goes through the whole memory ``controller.passes`` times,
    in random order, and raises the likelihood of each cell by exp(A), with A the reward above its slot's mean in
    standard deviations: rewards of one slot were scored on the same weights, those of others were not.
    """

    def __init__(self, option_counts: Sequence[int], search: SearchConfig, seed: int, stage: int) -> None:
        super().__init__(option_counts, search, seed, stage)
        self._rng = seeded_rng(seed, "off-policy", stage)
        self._memory: list[tuple[Hidden, Ints, float]] = []

    def learn(self, starts: Hidden, choices: Ints, rewards: Sequence[float]) -> None:
        """See `Policy.learn`."""
        if not len(rewards):
            return
        values = np.asarray(rewards, dtype=np.float64)
        spread = values.std()
        if spread > _NO_SPREAD * np.abs(values).max():
            weights = np.minimum(np.exp((values - values.mean()) / spread), LARGEST_WEIGHT)
        else:
            weights = np.ones_like(values)  # equal rewards tell nothing apart
        rows = (starts.rows(np.array([i])) for i in range(len(values)))
        self._memory.extend(zip(rows, choices, weights.tolist(), strict=True))
        mean = float(np.mean([weight for _, _, weight in self._memory]))
        for _ in range(self._config.passes):
            for i in self._rng.permutation(len(self._memory)).tolist():
                start, cell, weight = self._memory[i]
                self.controller.backward(self.controller.trace(start, cell), weight / mean, self._config.entropy_weight)
                self._adam.step()
