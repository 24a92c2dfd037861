"""Arms that search, and train what they found as ``autogan run`` does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from autogan_core.ablations.equal_cost.affordable import affordable_search, mean_training
from autogan_core.ablations.equal_cost.arm_run import ArmRun
from autogan_core.ablations.equal_cost.climb import Climb, halve, lengthen
from autogan_core.ablations.equal_cost.equal_cost import Spent, search_spent
from autogan_core.ablations.suite.computations import Computation, sole
from autogan_core.ablations.suite.searches import Search, steps_per_epoch
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import Variant
from autogan_core.runs.halving.halving import largest_pool
from autogan_core.runs.planning.cost import halving_cost
from autogan_core.runs.run import Run
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
            climb = self.climb(run, search_spent(config, run.history, self.store))
            run.evaluate(climb.finalists()[:1])
        self.keep(climb.record(self.search.seconds()))

    def climb(self, run: Run, searched: Spent) -> Climb:
        """The trainings after the halving, with what the search has spent before them."""
        return Climb(run.ladder(), run.config, searched)

    def samples(self, count: int) -> Tensor:
        """See `ArmRun.samples`."""
        return self.search.open().sample(Architecture.parse(self.outcome().trained), "best", count, self.seed)


@dataclass(frozen=True)
class MatchedArm(SearchedArm):
    """Another way to search, at the cost of ``found`` on the same seed.

    Its search has as many iterations as that one's cost is expected to pay for: see `at_cost_of`. What it has left in
    the end lengthens the finalists' trainings.
    """

    found: SearchedArm

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""
        return (self.search, self.found)

    def climb(self, run: Run, searched: Spent) -> Climb:
        """See `SearchedArm.climb`."""
        lengthen(run, Climb(run.ladder(), run.config, searched), self.found.record().total.macs)
        return Climb(run.ladder(), run.config, searched, beyond=True)


def at_cost_of(ours: Search, variant: Variant) -> Search:
    """A search in another way, cut so that its search and its trainings are expected to cost no more than ours do.

    Args:
        ours: the search whose cost it gets.
        variant: the other way.

    Returns:
        A search with fewer or more iterations, and trainings that are not longer than ours.
    """
    suite, base = ours.suite, ours.config
    other = suite.plan.config(ours.seed, *variant.overrides)
    iterations = affordable_search(other, steps_per_epoch(suite, base), base)
    longest = base.retrain.generator_iterations
    step = [mean_training(config) for config in (base, other)]
    settings = (
        f"search.iterations={iterations}",
        f"retrain.generator_iterations={min(longest, math.floor(longest * step[0] / step[1]))}",
    )
    return Search(suite, replace(variant, overrides=(*variant.overrides, *settings)), ours.seed)
