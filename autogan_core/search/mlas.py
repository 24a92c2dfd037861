"""Multi-level architecture search: from a history to the next assignments and the beams (paper, section 3.3).

The search holds no state of its own. Controller weights, baseline, beams and stage are recomputed by replaying the
history, so the process that asks may be killed at any moment, and a local run and a cluster run that saw equal rewards
go on equally. What is kept between two calls only saves the time of replaying what was replayed before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from autogan_core.config import SearchConfig
from autogan_core.history import Assignment, Phase, Record
from autogan_core.runtime.seeding import seeded_rng
from autogan_core.search.controller import Hidden, Ints
from autogan_core.search.proposing import proposer
from autogan_core.search_space import Architecture, SearchSpace


@dataclass(frozen=True, slots=True)
class Beam:
    """An architecture that a stage kept, which the next stage extends."""

    architecture: Architecture
    reward: float
    """What it scored when its stage was derived."""


class MultiLevelSearch:
    """The search over one space: one stage per cell, or (``levels: single``) one for all cells.

    A *slot* is one trial. Of the planned ``config.iterations + num_stages`` slots each stage has an equal share,
    or that of ``config.growth``. The last slot of a stage derives it: candidates are scored without training, and the
    best ``top_k`` become the beams of the next stage, whose new controller starts from their hidden vectors. A failed
    search slot is simply missing. A failed derivation is asked again in the next slot, at the cost of the next stage's
    iterations, and no stage is derived before one of its iterations has succeeded, so that untrained weights are never
    ranked. Slots beyond the plan derive the last stage once more: their candidates compete with the beams found so far.
    """

    def __init__(self, space: SearchSpace, config: SearchConfig, seed: int) -> None:
        self.space = space
        self._config = config
        self._seed = seed
        self.depths = [0, *config.stage_depths(space.num_cells)]
        """Cells before each stage and, last, after all of them."""
        self._iterations = config.stage_iterations(space.num_cells)
        self._replayed: list[Record] = []
        self._stage = self._new_stage(0)

    @property
    def num_stages(self) -> int:
        """Stages, each with a controller of its own."""
        return len(self.depths) - 1

    @property
    def num_slots(self) -> int:
        """Slots of a search in which nothing fails."""
        return self._config.iterations + self.num_stages

    def iterations_per_stage(self) -> list[int]:
        """Search iterations of each stage when nothing fails; its derivation comes on top."""
        return list(self._iterations)

    def ask(self, history: Iterable[Record], slot: int, count: int = 1) -> list[Assignment]:
        """Computes the assignments of ``count`` slots from ``slot`` on.

        Pure: equal arguments give equal answers, in any process, whatever the order of the records and however often
        it is asked. Only records of slots before ``slot`` count.

        Returns:
            An assignment for each slot, in order.
        """
        stage = self._replay(history, before=slot)
        return [self._assignment(stage, s) for s in range(slot, slot + count)]

    def beams(self, history: Iterable[Record]) -> tuple[Beam, ...]:
        """The best architectures, best first, of the latest stage that was derived; none before the first."""
        return self._replay(history).beams

    def finished(self, history: Iterable[Record]) -> bool:
        """Whether every stage has been derived."""
        return self._replay(history).finished

    def entropy(self, history: Iterable[Record], slot: int) -> float:
        """Entropy of the policy as it stands before ``slot``, in nats, averaged over its own draws."""
        return self._replay(history, before=slot).entropy(slot)

    def sample(self, history: Iterable[Record], slot: int, count: int, *, uniform: bool) -> tuple[Architecture, ...]:
        """Draws independently from the policy as it stands before ``slot``, or uniformly.

        These draws differ from the search's own.

        Returns:
            ``count`` architectures, each of which extends a beam.
        """
        stage = self._replay(history, before=slot)
        if uniform:
            return stage.sample_uniformly(slot, "uniform sample", count)
        return stage.sample(slot, "sample", count)

    def max_entropy(self, stage: int) -> float:
        """Entropy of the uniform policy of ``stage``, in nats."""
        return self.space.max_entropy(*self.depths[stage : stage + 2])

    def _assignment(self, stage: _Stage, slot: int) -> Assignment:
        due = slot >= self._stage_end(stage.index) - 1
        phase: Phase = "derive" if stage.finished or (stage.tried and due) else "search"
        if phase == "derive":
            return Assignment(slot, stage.index, phase, stage.draw_distinct(slot, self._config.num_candidates))
        candidates = stage.sample(slot, "candidates", self._config.controller_steps)
        training = stage.draw_training(slot)
        return Assignment(slot, stage.index, phase, candidates, training)

    def _stage_end(self, stage: int) -> int:
        """The slot after the planned last slot of a stage."""
        return sum(self._iterations[: stage + 1]) + stage + 1

    def _replay(self, history: Iterable[Record], before: int | None = None) -> _Stage:
        records = _canonical(r for r in history if before is None or r.assignment.slot < before)
        if records[: len(self._replayed)] != self._replayed:
            self._stage, self._replayed = self._new_stage(0), []
        for record in records[len(self._replayed) :]:
            if self._stage.tell(record) and self._stage.index + 1 < self.num_stages:
                self._stage = self._new_stage(self._stage.index + 1, self._stage)
            self._replayed.append(record)
        return self._stage

    def _new_stage(self, index: int, former: _Stage | None = None) -> _Stage:
        return _Stage(self.space, self.depths[index : index + 2], self._config, self._seed, index, former)


class _Stage:
    """The search in the middle of one stage, which adds the cells between two depths; `tell` alone changes it."""

    def __init__(
        self,
        space: SearchSpace,
        depths: Sequence[int],
        config: SearchConfig,
        seed: int,
        index: int,
        former: _Stage | None,
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
        self._losses = () if former or len(space.losses) < 2 else space.losses
        self._option_counts = [count for cell in self._cells for count in cell.option_counts]
        self._option_counts += [len(self._losses)] if self._losses else []
        self._prefixes: list[Architecture | None] = [beam.architecture for beam in self.beams] if former else [None]
        starts = former.states_of_beams() if former else None
        self._proposer = proposer(self._option_counts, len(self._prefixes), config, seed, index, starts)

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
            self._proposer.learn(*self._encode(architectures), rewards)
        return False

    def sample(self, slot: int, purpose: str, count: int) -> tuple[Architecture, ...]:
        """Independent draws from the policy."""
        return self._decode(*self._proposer.sample(count, seeded_rng(self._seed, purpose, slot)))

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
        return self._decode(*self._proposer.draw_distinct(count, seeded_rng(self._seed, "derive", slot)))

    def entropy(self, slot: int, count: int = 256) -> float:
        """The policy's entropy in nats, estimated on ``count`` draws; the finished search's is zero."""
        if self.finished:
            return 0.0
        return self._proposer.entropy(count, seeded_rng(self._seed, "entropy", slot))

    def states_of_beams(self) -> Hidden | None:
        """What the policy hands on to the next stage's, a row for each beam."""
        return self._proposer.states(*self._encode([beam.architecture for beam in self.beams]))

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
        cells = zip(self._cells, architecture.cells[self._start_depth :], strict=True)
        choices = [choice for space, cell in cells for choice in space.choices(cell)]
        return [*choices, self._losses.index(architecture.loss)] if self._losses else choices

    def _decode(self, beams: Ints, choices: Ints) -> tuple[Architecture, ...]:
        return tuple(map(self._architecture, beams.tolist(), choices.tolist()))

    def _architecture(self, beam: int, choices: Sequence[int]) -> Architecture:
        ends = itertools.accumulate((len(cell.option_counts) for cell in self._cells), initial=0)
        parts = zip(self._cells, itertools.pairwise(ends), strict=True)
        cells = [space.cell(choices[a:b]) for space, (a, b) in parts]
        if (prefix := self._prefixes[beam]) is not None:
            return Architecture((*prefix.cells, *cells), prefix.loss)
        if self._losses:
            return Architecture(tuple(cells), self._losses[choices[-1]])
        return Architecture(tuple(cells), next(iter(self._space.losses), None))


def _dealt(options: int, count: int, rng: np.random.Generator) -> Ints:
    """Draws ``count`` options from shuffled decks that hold each option once.

    Returns:
        Indices (count,) in [0, options). In every prefix the options' counts differ by at most one.
    """
    decks = [rng.permutation(options) for _ in range(math.ceil(count / options))]
    return np.concatenate(decks)[:count]


def _canonical(records: Iterable[Record]) -> list[Record]:
    """Records by slot; of several for one slot a successful one, the same whichever came first."""
    by_slot: dict[int, list[Record]] = {}
    for record in records:
        by_slot.setdefault(record.assignment.slot, []).append(record)
    return [
        rivals[0] if len(rivals) == 1 else min(rivals, key=lambda r: (not r.scored, repr(r)))
        for _, rivals in sorted(by_slot.items())
    ]
