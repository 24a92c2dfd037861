"""Ageing evolution (Real et al., AAAI 2019), as a policy beside the paper's."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from autogan_core.config.evolution import EvolutionConfig
from autogan_core.search.controller import Hidden, Ints

_TRIES = 50
"""Children that are drawn for each proposal that must differ from the others, before any will do."""

Genome = tuple[int, ...]
"""The beam that a cell extends, and its tokens' choices."""


class Evolution:
    """Proposes mutations of the best of a few that were scored lately.

    A child differs in one gene from the best of ``tournament`` members, drawn from the ``population`` latest. The
    oldest die, however good: rewards on shared weights drift, and a lucky one is forgotten. Until there is a first
    reward, draws are uniform.
    """

    def __init__(self, options: Sequence[int], config: EvolutionConfig) -> None:
        """Makes an evolution without any members.

        Args:
            options: values of each gene: of the beam, then of each token.
            config: the settings.
        """
        self._options = tuple(options)
        self._mutable = [gene for gene, count in enumerate(options) if count > 1]
        self._tournament = config.tournament
        self._members: deque[tuple[Genome, float]] = deque(maxlen=config.population)

    def sample(self, count: int, rng: np.random.Generator, beams: Ints | None = None) -> tuple[Ints, Ints]:
        """See `Proposer.sample`."""
        drawn, choices = _split([self._child(rng) for _ in range(count)])
        return drawn if beams is None else beams, choices

    def draw_distinct(self, count: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """See `Proposer.draw_distinct`: the best members first, then children of members."""
        if math.prod(self._options) <= count:
            return _split([*itertools.product(*map(range, self._options))])
        latest = dict(self._members)  # of several rewards of one genome the last
        ranked = sorted(latest, key=lambda genome: (-latest[genome], genome))[:count]
        found = dict.fromkeys(ranked)
        for _ in range(_TRIES * count):
            if len(found) == count:
                break
            found[self._child(rng)] = None
        while len(found) < count:
            found[self._uniform(rng)] = None
        return _split(list(found))

    def learn(self, beams: Ints, choices: Ints, rewards: Sequence[float]) -> None:
        """See `Proposer.learn`."""
        genomes = np.column_stack([beams, choices]).tolist()
        self._members.extend((tuple(genome), reward) for genome, reward in zip(genomes, rewards, strict=True))

    def entropy(self, count: int, rng: np.random.Generator) -> float:
        """See `Proposer.entropy`: of each token by itself, added up, which is more than that of all together."""
        _, choices = self.sample(count, rng)
        shares = [np.bincount(column) / count for column in choices.T]
        return float(sum(-(share[share > 0] * np.log(share[share > 0])).sum() for share in shares))

    def states(self, beams: Ints, choices: Ints) -> Hidden | None:
        """See `Proposer.states`: each stage evolves a population of its own."""
        return None

    def _child(self, rng: np.random.Generator) -> Genome:
        if not self._members or not self._mutable:
            return self._uniform(rng)
        rivals = rng.choice(len(self._members), size=min(self._tournament, len(self._members)), replace=False)
        parent, _ = max((self._members[i] for i in sorted(rivals.tolist())), key=lambda member: member[1])
        gene = int(rng.choice(self._mutable))
        step = int(rng.integers(1, self._options[gene]))
        return (*parent[:gene], (parent[gene] + step) % self._options[gene], *parent[gene + 1 :])

    def _uniform(self, rng: np.random.Generator) -> Genome:
        return tuple(rng.integers(self._options).tolist())


def _split(genomes: Sequence[Genome]) -> tuple[Ints, Ints]:
    rows = np.array(genomes, dtype=np.int64)
    return rows[:, 0], rows[:, 1:]
