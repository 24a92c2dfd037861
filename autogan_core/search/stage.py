"""One stage of the search: what it proposes, what it learns, and the beams that it keeps (paper, section 3.3)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from autogan_core.config import SearchConfig
from autogan_core.history import Record
from autogan_core.runtime.seeding import seeded_rng
from autogan_core.search.controller import Ints
from autogan_core.search.turns import States, Turns
from autogan_core.search_space import Architecture, Choices, SearchSpace

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Beam:
    """An architecture that a stage kept, which the next stage extends."""

    architecture: Architecture
    reward: float
    """What it scored when its stage was derived."""


class Stage:
    """The search in the middle of one stage, which adds the cells between two depths; `tell` alone changes it."""

    def __init__(
        self,
        space: SearchSpace,
        depths: Sequence[int],
        config: SearchConfig,
        seed: int,
        index: int,
        former: Stage | None,
    ) -> None:
        self.index = index
        self.tried = False
        """Whether one of the stage's iterations has succeeded."""
        self.derived = False
        self.beams: tuple[Beam, ...] = former.beams if former else ()
        """What the last derivation kept: the former stage's, then this one's."""
        self._space, self._config, self._seed = space, config, seed
        self._start_depth, self._depth = depths
        self._cells = space.cells[slice(*depths)]
        self._judging = space.discriminator[slice(*depths)]
        self._losses = () if former or len(space.losses) < 2 else space.losses
        generator = [count for cell in self._cells for count in cell.option_counts]
        generator += [len(self._losses)] if self._losses else []
        discriminator = [count for cell in self._judging for count in cell.option_counts]
        self._option_counts = generator + discriminator
        self._prefixes: list[Architecture | None] = [beam.architecture for beam in self.beams] if former else [None]
        starts = former.states_of_beams() if former else None
        self._turns = Turns((generator, discriminator), len(self._prefixes), config, seed, index, starts)

    @property
    def finished(self) -> bool:
        """Whether this is the last stage, and it has been derived."""
        return self.derived and self._depth == self._space.num_cells

    def tell(self, record: Record) -> bool:
        """Learns from a record of this stage; others, and what does not extend a beam, leave no trace.

        Returns:
            Whether the stage was derived by it.
        """
        mine = record.scored if record.assignment.stage == self.index else []
        scored = [(architecture, reward) for architecture, reward in mine if self._extends_a_beam(architecture)]
        if scored and record.assignment.phase == "derive":
            self._derive(scored)
            return True
        if scored:
            self.tried = True
            architectures, rewards = zip(*scored, strict=True)
            self._turns.learn(*self._encode(architectures), rewards)
        return False

    def sample(self, slot: int, purpose: str, count: int) -> tuple[Architecture, ...]:
        """Independent draws from the policy."""
        return self._decode(*self._turns.sample(count, seeded_rng(self._seed, purpose, slot)))

    def draw_candidates(self, slot: int, count: int) -> tuple[Architecture, ...]:
        """What is scored in a slot: draws from the policy, of the network whose turn it is."""
        return self._decode(*self._turns.candidates(count, seeded_rng(self._seed, "candidates", slot)))

    def draw_training(self, slot: int) -> tuple[Architecture, ...]:
        """Architectures to train the shared weights with; each extends a beam."""
        count, how = self._config.training_draws, self._config.shared_training
        if how == "policy":
            return self.sample(slot, "training", count)
        if how == "uniform":
            return self.sample_uniformly(slot, how, count)
        rng = seeded_rng(self._seed, how, slot)
        count += -count % math.lcm(*self._option_counts)
        options = (len(self._prefixes), *self._option_counts)
        drawn = np.stack([_dealt(number, count, rng) for number in options], axis=1)
        return self._decode(drawn[:, 0], drawn[:, 1:])

    def sample_uniformly(self, slot: int, purpose: str, count: int) -> tuple[Architecture, ...]:
        """Independent draws, each beam to extend and each option equally likely."""
        options = (len(self._prefixes), *self._option_counts)
        drawn = seeded_rng(self._seed, purpose, slot).integers(options, size=(count, len(options)))
        return self._decode(drawn[:, 0], drawn[:, 1:])

    def draw_distinct(self, slot: int, count: int) -> tuple[Architecture, ...]:
        """Draws from the policy without replacement; all there are, if fewer than ``count``."""
        return self._decode(*self._turns.draw_distinct(count, seeded_rng(self._seed, "derive", slot)))

    def entropy(self, slot: int, count: int = 256) -> float:
        """The policy's entropy in nats, estimated on ``count`` draws; the finished search's is zero."""
        if self.finished:
            return 0.0
        return self._turns.entropy(count, seeded_rng(self._seed, "entropy", slot))

    def states_of_beams(self) -> States:
        """What the policies hand on to the next stage's, a row for each beam."""
        return self._turns.states(*self._encode([beam.architecture for beam in self.beams]))

    def _derive(self, scored: list[tuple[Architecture, float]]) -> None:
        rivals = [(beam.architecture, beam.reward) for beam in self.beams] if self.derived else []
        best = dict(sorted(rivals + scored, key=lambda pair: (pair[1], str(pair[0]))))  # of duplicates the best stays
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], str(pair[0])))[: self._config.top_k]
        self.beams = tuple(Beam(architecture, reward) for architecture, reward in ranked)
        self.derived = True

    def _extends_a_beam(self, architecture: Architecture) -> bool:
        if self._losses and architecture.loss is None:
            return False
        deep = architecture.depth == self._depth
        return deep and architecture in self._space and self._prefix(architecture) in self._prefixes

    def _prefix(self, architecture: Architecture) -> Architecture | None:
        """What an architecture extends; None in the first stage."""
        return architecture.prefix(self._start_depth) if self._start_depth else None

    def _encode(self, architectures: Sequence[Architecture]) -> tuple[Ints, Ints]:
        """The beam that each extends (N,), and its choices (N, T)."""
        beams = [self._prefixes.index(self._prefix(architecture)) for architecture in architectures]
        return np.array(beams), np.array([self._choices(architecture) for architecture in architectures])

    def _choices(self, architecture: Architecture) -> list[int]:
        cells = _of_cells(self._cells, architecture.cells[self._start_depth :])
        loss = [self._losses.index(architecture.loss)] if self._losses else []
        return cells + loss + _of_cells(self._judging, architecture.discriminator[self._start_depth :])

    def _decode(self, beams: Ints, choices: Ints) -> tuple[Architecture, ...]:
        return tuple(map(self._architecture, beams.tolist(), choices.tolist()))

    def _architecture(self, beam: int, choices: Sequence[int]) -> Architecture:
        left = iter(choices)
        cells = tuple(space.cell([*itertools.islice(left, len(space.option_counts))]) for space in self._cells)
        loss = self._losses[next(left)] if self._losses else next(iter(self._space.losses), None)
        judging = tuple(space.cell([*itertools.islice(left, len(space.option_counts))]) for space in self._judging)
        if (prefix := self._prefixes[beam]) is None:
            return Architecture(cells, loss, judging)
        return Architecture((*prefix.cells, *cells), prefix.loss, (*prefix.discriminator, *judging))


def _of_cells(spaces: Sequence[Choices[C]], cells: Sequence[C]) -> list[int]:
    return [choice for space, cell in zip(spaces, cells, strict=True) for choice in space.choices(cell)]


def _dealt(options: int, count: int, rng: np.random.Generator) -> Ints:
    """Draws ``count`` options from shuffled decks that hold each option once.

    Returns:
        Indices (count,) in [0, options). In every prefix the options' counts differ by at most one.
    """
    decks = [rng.permutation(options) for _ in range(math.ceil(count / options))]
    return np.concatenate(decks)[:count]
