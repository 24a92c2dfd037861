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

import torch
from torch import Tensor

from autogan_core.config import SearchConfig
from autogan_core.controller import Hidden, Policy
from autogan_core.errors import ConfigError
from autogan_core.history import Assignment, Phase, Record
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.seeding import seeded_generator

_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Beam:
    """An architecture that a stage kept, which the next stage extends."""

    architecture: Architecture
    reward: float
    """What it scored when its stage was derived."""


class MultiLevelSearch:
    """The search over one space.

    A *slot* is one trial. The planned ``config.iterations + space.num_stages`` slots are shared out evenly; the last
    slot of a stage derives it: candidates are scored without training, and the best ``top_k`` become the beams of the
    next stage, whose new controller starts from their hidden vectors. A failed search slot is simply missing. A failed
    derivation is asked again in the next slot, at the cost of the next stage's iterations, and no stage is derived
    before one of its iterations has succeeded, so that untrained weights are never ranked.
    """

    def __init__(self, space: SearchSpace, config: SearchConfig, seed: int) -> None:
        if config.iterations < space.num_stages:
            raise ConfigError(
                f"search.iterations is {config.iterations}, but each of the {space.num_stages} stages needs one"
            )
        self.space = space
        self._config = config
        self._seed = seed
        self._replayed: list[Record] = []
        self._stage = _Stage(space, config, seed, index=0, beams=())

    @property
    def num_slots(self) -> int:
        """Slots of a search in which nothing fails."""
        return self._config.iterations + self.space.num_stages

    def iterations_per_stage(self) -> list[int]:
        """Search iterations of each stage when nothing fails; its derivation comes on top."""
        ends = [0, *(self._stage_end(stage) for stage in range(self.space.num_stages))]
        return [end - start - 1 for start, end in itertools.pairwise(ends)]

    def ask(self, history: Iterable[Record], slot: int, count: int = 1) -> list[Assignment]:
        """The assignments of ``count`` slots from ``slot`` on.

        Pure: equal arguments give equal answers, in any process, whatever the order of the records and however often
        it is asked. Only records of slots before ``slot`` count.

        Raises:
            ConfigError: the search is finished; there is nothing left to ask for.
        """
        stage = self._replay(history, before=slot)
        if stage.finished:
            raise ConfigError(f"the search is finished before slot {slot}: all {self.space.num_stages} stages are done")
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

    def max_entropy(self, stage: int) -> float:
        """Entropy of the uniform policy over one cell of ``stage``, in nats."""
        return sum(math.log(count) for count in self.space.cells[stage].option_counts)

    def _assignment(self, stage: _Stage, slot: int) -> Assignment:
        phase: Phase = "derive" if stage.tried and slot >= self._stage_end(stage.index) - 1 else "search"
        if phase == "derive":
            return Assignment(slot, stage.index, phase, stage.distinct(slot, self._config.num_candidates))
        candidates = stage.sample(slot, "candidates", self._config.controller_steps)
        training = stage.sample(slot, "training", self._config.training_draws)
        return Assignment(slot, stage.index, phase, candidates, training)

    def _stage_end(self, stage: int) -> int:
        """The slot after the planned last slot of a stage."""
        return self.num_slots * (stage + 1) // self.space.num_stages

    def _replay(self, history: Iterable[Record], before: int | None = None) -> _Stage:
        records = _canonical(r for r in history if before is None or r.assignment.slot < before)
        if records[: len(self._replayed)] != self._replayed:
            self._stage, self._replayed = _Stage(self.space, self._config, self._seed, index=0, beams=()), []
        for record in records[len(self._replayed) :]:
            self._stage = self._stage.tell(record)
            self._replayed.append(record)
        return self._stage


class _Stage:
    """The search in the middle of one stage; `tell` alone changes it."""

    def __init__(
        self,
        space: SearchSpace,
        config: SearchConfig,
        seed: int,
        index: int,
        beams: tuple[Beam, ...],
        starts: Sequence[Hidden] = (),
    ) -> None:
        self.index, self.beams = index, beams
        self.tried = False  # whether one of the stage's iterations has succeeded
        self.finished = index == space.num_stages
        self._space, self._config, self._seed = space, config, seed
        if not self.finished:
            self._cell_space = space.cells[index]
            self._policy = Policy(self._cell_space.option_counts, config.controller, seed, index)
            self._prefixes: list[Architecture | None] = [b.architecture for b in beams] if index else [None]
            self._starts = list(starts) if index else [self._policy.controller.start()]

    def tell(self, record: Record) -> _Stage:
        """Learns from a record of this stage; others, and what does not extend a beam, leave no trace."""
        scored = [(a, r) for a, r in record.scored if self._mine(a)] if self._concerns(record) else []
        if not scored:
            return self
        if record.assignment.phase == "derive":
            return self._grow(scored)
        self.tried = True
        for architecture, reward in scored:
            start, choices = self._encode(architecture)
            self._policy.reinforce(start, choices, reward)
        return self

    def sample(self, slot: int, purpose: str, count: int) -> tuple[Architecture, ...]:
        """Independent draws from the policy; the beam to extend is drawn uniformly."""
        rng = seeded_generator(_CPU, self._seed, purpose, slot)
        beam = torch.randint(len(self._starts), (count,), generator=rng)
        rollout = self._policy.rollout(self._start(beam), rng=rng)
        return tuple(map(self._decode, beam.tolist(), rollout.choices.tolist()))

    def distinct(self, slot: int, count: int) -> tuple[Architecture, ...]:
        """Draws from the policy without replacement; all there are, if fewer than ``count``.

        Gumbel noise on the log-probabilities of every cell on every beam makes the ``count`` largest such a draw.
        """
        cells = torch.tensor([self._cell_space.choices(cell) for cell in self._cell_space])
        beam = torch.arange(len(self._starts)).repeat_interleave(len(cells))
        choices = cells.repeat(len(self._starts), 1)
        log_probs = self._policy.rollout(self._start(beam), choices).log_probs.sum(dim=1)
        rng = seeded_generator(_CPU, self._seed, "derive", slot)
        gumbel = -torch.empty_like(log_probs).exponential_(generator=rng).log()
        drawn = (log_probs + gumbel).topk(min(count, len(choices))).indices
        return tuple(map(self._decode, beam[drawn].tolist(), choices[drawn].tolist()))

    def entropy(self, slot: int, count: int = 256) -> float:
        """The policy's entropy in nats, estimated on ``count`` draws; the finished search's is zero."""
        if self.finished:
            return 0.0
        rng = seeded_generator(_CPU, self._seed, "entropy", slot)
        beam = torch.randint(len(self._starts), (count,), generator=rng)
        return float(self._policy.rollout(self._start(beam), rng=rng).entropies.sum(dim=1).mean())

    def _grow(self, scored: list[tuple[Architecture, float]]) -> _Stage:
        best = dict(sorted(scored, key=lambda pair: (pair[1], str(pair[0]))))  # of duplicates the best reward stays
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], str(pair[0])))[: self._config.top_k]
        starts = [self._policy.rollout(*self._encode(architecture)).hidden for architecture, _ in ranked]
        beams = tuple(Beam(architecture, reward) for architecture, reward in ranked)
        return _Stage(self._space, self._config, self._seed, self.index + 1, beams, starts)

    def _concerns(self, record: Record) -> bool:
        return not self.finished and record.assignment.stage == self.index

    def _mine(self, architecture: Architecture) -> bool:
        return (
            architecture.depth == self.index + 1
            and architecture in self._space
            and (not self.index or architecture.prefix(self.index) in self._prefixes)
        )

    def _start(self, beam: Tensor) -> Hidden:
        return Hidden(
            torch.cat([start.h for start in self._starts])[beam], torch.cat([start.c for start in self._starts])[beam]
        )

    def _encode(self, architecture: Architecture) -> tuple[Hidden, Tensor]:
        beam = self._prefixes.index(architecture.prefix(self.index)) if self.index else 0
        return self._starts[beam], torch.tensor([self._cell_space.choices(architecture.cells[-1])])

    def _decode(self, beam: int, choices: Sequence[int]) -> Architecture:
        cell, prefix = self._cell_space.cell(choices), self._prefixes[beam]
        return Architecture((cell,)) if prefix is None else prefix.extend(cell)


def _canonical(records: Iterable[Record]) -> list[Record]:
    """Records by slot; of several for one slot a successful one, the same whichever came first."""
    by_slot: dict[int, list[Record]] = {}
    for record in records:
        by_slot.setdefault(record.assignment.slot, []).append(record)
    return [
        rivals[0] if len(rivals) == 1 else min(rivals, key=lambda r: (not r.scored, repr(r)))
        for _, rivals in sorted(by_slot.items())
    ]
