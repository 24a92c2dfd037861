"""Multi-level architecture search: from a history to the next assignments and the beams (paper, section 3.3).

The search holds no state of its own. Controller weights, baseline, beams and stage are recomputed by replaying the
history, so the process that asks may be killed at any moment, and a local run and a cluster run that saw equal rewards
go on equally. What is kept between two calls only saves the time of replaying what was replayed before.
"""

from __future__ import annotations

from collections.abc import Iterable

from autogan_core.config import SearchConfig
from autogan_core.history import Assignment, Phase, Record
from autogan_core.search.stage import Beam, Stage
from autogan_core.search_space import Architecture, SearchSpace


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

    def _assignment(self, stage: Stage, slot: int) -> Assignment:
        due = slot >= self._stage_end(stage.index) - 1
        phase: Phase = "derive" if stage.finished or (stage.tried and due) else "search"
        if phase == "derive":
            return Assignment(slot, stage.index, phase, stage.draw_distinct(slot, self._config.num_candidates))
        candidates = stage.draw_candidates(slot, self._config.controller_steps)
        training = stage.draw_training(slot)
        return Assignment(slot, stage.index, phase, candidates, training)

    def _stage_end(self, stage: int) -> int:
        """The slot after the planned last slot of a stage."""
        return sum(self._iterations[: stage + 1]) + stage + 1

    def _replay(self, history: Iterable[Record], before: int | None = None) -> Stage:
        records = _canonical(r for r in history if before is None or r.assignment.slot < before)
        if records[: len(self._replayed)] != self._replayed:
            self._stage, self._replayed = self._new_stage(0), []
        for record in records[len(self._replayed) :]:
            if self._stage.tell(record) and self._stage.index + 1 < self.num_stages:
                self._stage = self._new_stage(self._stage.index + 1, self._stage)
            self._replayed.append(record)
        return self._stage

    def _new_stage(self, index: int, former: Stage | None = None) -> Stage:
        return Stage(self.space, self.depths[index : index + 2], self._config, self._seed, index, former)


def _canonical(records: Iterable[Record]) -> list[Record]:
    """Records by slot; of several for one slot a successful one, the same whichever came first."""
    by_slot: dict[int, list[Record]] = {}
    for record in records:
        by_slot.setdefault(record.assignment.slot, []).append(record)
    return [
        rivals[0] if len(rivals) == 1 else min(rivals, key=lambda r: (not r.scored, repr(r)))
        for _, rivals in sorted(by_slot.items())
    ]
