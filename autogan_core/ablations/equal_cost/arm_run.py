"""An arm of `payoff` on one seed, as a piece of work that leaves a record and final scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor

from autogan_core.ablations.equal_cost.arm_record import ArmRecord
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import Outcome, outcome_of
from autogan_core.ablations.suite.suite import Suite
from autogan_core.storage import RunStore, read_document, write_document
from autogan_core.training.cost import Cost

_RECORD = "payoff.json"
"""The last file of an arm, in its run's folder."""


class ArmRun(ABC):
    """The base class of all arms. Each is a `Contender`: its scores are the best checkpoint's."""

    @property
    @abstractmethod
    def name(self) -> str:
        """See `Computation.name`."""

    @property
    @abstractmethod
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""

    @property
    @abstractmethod
    def suite(self) -> Suite:
        """The ablations that it belongs to."""

    @property
    @abstractmethod
    def seed(self) -> int:
        """The seed of the arm's run."""

    @property
    @abstractmethod
    def store(self) -> RunStore:
        """The folder of the arm's run."""

    @abstractmethod
    def cost(self) -> Cost:
        """See `Computation.cost`."""

    @abstractmethod
    def run(self) -> None:
        """See `Computation.run`."""

    @abstractmethod
    def samples(self, count: int) -> Tensor:
        """Images of the best checkpoint, uint8 (count, C, S, S); only if it has scores."""

    def done(self) -> bool:
        """See `Computation.done`."""
        return self.store.exists(_RECORD)

    def record(self) -> ArmRecord:
        """What it spent, and what it had to show; only once it is done."""
        return ArmRecord.from_json(read_document(self.store, _RECORD))

    def outcome(self) -> Outcome:
        """The arm's scores, or its failure; only once it is done."""
        record = self.record()
        if record.trained is None:
            return Outcome(self.seed, "nothing", failure=record.failure)
        return outcome_of(self.store, self.seed, record.trained, self.suite.plan.config(self.seed).scores)

    def seconds(self) -> float:
        """Time that it all took; only once it is done."""
        return self.record().seconds

    def keep(self, record: ArmRecord) -> None:
        """Stores the arm's record, which ends it."""
        write_document(self.store, _RECORD, record.to_json())
