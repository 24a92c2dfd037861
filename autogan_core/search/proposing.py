"""What proposes a stage's cells: by one of the policies of ``search.policy``, which all learn from the same replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from autogan_core.config import SearchConfig
from autogan_core.search.controller import Hidden, Ints
from autogan_core.search.evolution import Evolution
from autogan_core.search.off_policy import OffPolicy
from autogan_core.search.policy import Policy

Drawn = tuple[Ints, Ints]
"""N proposals: the beam that each extends (N,), and its tokens' choices (N, T)."""


class Proposer(Protocol):
    """Draws the cells of one stage, and learns from what they score.

    Its state is a function of what it was told, in that order: a search is replayed wherever it goes on.
    """

    def sample(self, count: int, rng: np.random.Generator, beams: Ints | None = None) -> Drawn:
        """Independent draws; ``beams`` (count,): those to extend, which otherwise are drawn too."""
        ...

    def draw_distinct(self, count: int, rng: np.random.Generator) -> Drawn:
        """Different draws; all there are, if fewer than ``count``."""
        ...

    def learn(self, beams: Ints, choices: Ints, rewards: Sequence[float]) -> None:
        """Learns from the N cells of one slot: finite rewards; a cell that was drawn twice counts twice."""
        ...

    def entropy(self, count: int, rng: np.random.Generator) -> float:
        """Entropy of a draw's choices in nats, estimated on ``count`` of them."""
        ...

    def states(self, beams: Ints, choices: Ints) -> Hidden | None:
        """What the next stage's proposer starts from, a row for each of N cells; None if it starts afresh."""
        ...


class ControllerProposer:
    """Proposes by a controller, whose state at each beam's last token is what it starts from (paper, section 3.3.2)."""

    def __init__(self, policy: Policy, starts: Hidden | None) -> None:
        self._policy = policy
        self._starts = policy.controller.start() if starts is None else starts

    def sample(self, count: int, rng: np.random.Generator, beams: Ints | None = None) -> Drawn:
        """See `Proposer.sample`; the beam to extend is drawn uniformly."""
        beams = rng.integers(len(self._starts.h), size=count) if beams is None else beams
        return beams, self._policy.rollout(self._starts.rows(beams), rng=rng).choices

    def draw_distinct(self, count: int, rng: np.random.Generator) -> Drawn:
        """See `Proposer.draw_distinct`: without replacement."""
        return self._policy.draw_distinct(self._starts, count, rng)

    def learn(self, beams: Ints, choices: Ints, rewards: Sequence[float]) -> None:
        """See `Proposer.learn`."""
        self._policy.learn(self._starts.rows(beams), choices, rewards)

    def entropy(self, count: int, rng: np.random.Generator) -> float:
        """See `Proposer.entropy`."""
        beams = rng.integers(len(self._starts.h), size=count)
        rollout = self._policy.rollout(self._starts.rows(beams), rng=rng)
        return float(rollout.entropies.sum(axis=1).mean())

    def states(self, beams: Ints, choices: Ints) -> Hidden | None:
        """See `Proposer.states`."""
        # One by one: a product of matrices rounds otherwise than products with their rows, and replays must not.
        rows = zip(np.split(beams, len(beams)), np.split(choices, len(choices)), strict=True)
        return Hidden.stack([self._policy.rollout(self._starts.rows(beam), choice).hidden for beam, choice in rows])


def proposer(
    option_counts: Sequence[int], beams: int, search: SearchConfig, seed: int, stage: int, starts: Hidden | None
) -> Proposer:
    """The proposer that ``search.policy`` names.

    Args:
        option_counts: of the stage's tokens.
        beams: that its cells may extend.
        search: the settings.
        seed: of the run.
        stage: from 0.
        starts: what the former stage's proposer has left; None in the first stage, and if it leaves nothing.

    Returns:
        A proposer that has learned nothing yet.
    """
    if search.policy == "evolution":
        return Evolution((beams, *option_counts), search.evolution)
    kind = OffPolicy if search.policy == "off-policy" else Policy
    return ControllerProposer(kind(option_counts, search, seed, stage), starts)
