"""Arms of `payoff` that search, and train what they found as ``autogan run`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from autogan_core.ablations.equal_cost.arm_run import ArmRun
from autogan_core.ablations.equal_cost.climb import Climb, halve
from autogan_core.ablations.equal_cost.equal_cost import search_spent
from autogan_core.ablations.suite.computations import Computation, sole
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.runs.halving.halving import largest_pool
from autogan_core.runs.planning.cost import halving_cost
from autogan_core.search_space import Architecture
from autogan_core.storage import RunStore
from autogan_core.training.cost import Cost


@dataclass(frozen=True)
class SearchedArm(ArmRun):
    """A search, its pool trained by successive halving, and the finalist scored."""

    search: Search

    @property
    def name(self) -> str:
        """See `Computation.name`."""
        return f"{self.search.name}/halving"

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""
        return (self.search,)

    @property
    def suite(self) -> Suite:
        """See `ArmRun.suite`."""
        return self.search.suite

    @property
    def seed(self) -> int:
        """See `ArmRun.seed`."""
        return self.search.seed

    @property
    def store(self) -> RunStore:
        """The search's run store; see `ArmRun.store`."""
        return self.search.store

    def cost(self) -> Cost:
        """See `Computation.cost`. The search is a piece of work by itself."""
        config = self.search.config
        return halving_cost(config, largest_pool(config))

    def run(self) -> None:
        """See `Computation.run`."""
        run, config = self.search.open(), self.search.config
        with sole(self.search.trainings_lock):
            halve(run, self.store, run.pool())
            climb = Climb(run.ladder(), config, search_spent(config, run.history, self.store))
            run.evaluate(climb.finalists()[:1])
        self.keep(climb.record(self.search.seconds()))

    def samples(self, count: int) -> Tensor:
        """See `ArmRun.samples`."""
        return self.search.open().sample(Architecture.parse(self.outcome().trained), "best", count, self.seed)
