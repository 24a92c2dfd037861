"""Arms of `payoff` that need no shared weights, and get the multiply-accumulates that another arm spent."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import fmean

from torch import Tensor

from autogan_core.ablations.equal_cost.affordable import affordable_halving, affordable_iterations
from autogan_core.ablations.equal_cost.arm_record import ArmRecord, Point
from autogan_core.ablations.equal_cost.arm_run import ArmRun
from autogan_core.ablations.equal_cost.climb import Climb, halve, lengthen
from autogan_core.ablations.equal_cost.equal_cost import Prices, Spent, training_prices
from autogan_core.ablations.equal_cost.searched_arm import SearchedArm
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.trainings import Given
from autogan_core.config import Config
from autogan_core.errors import StateError
from autogan_core.runs.folder.run_config import keep_config
from autogan_core.runs.halving.halving import given_pool
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.evaluating import Evaluator
from autogan_core.runs.scoring.final_scores import evaluate
from autogan_core.runtime.distributed import World
from autogan_core.runtime.seeding import derive_seed
from autogan_core.search_space import Architecture
from autogan_core.storage import DirectoryStore, RunStore
from autogan_core.training.cost import Cost
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import searched
from autogan_core.training.failures import attempt, failure

SCRATCH = "random-scratch"
"""Names the folder of `ScratchArm`."""
_DRAWS = 256
"""Uniform architectures whose mean cost plans a pool."""


@dataclass(frozen=True)
class PaidArm(ArmRun):
    """The base class of arms with a run of their own, at the cost of ``found`` on the same seed."""

    found: SearchedArm

    @property
    @abstractmethod
    def label(self) -> str:
        """The name of the arm's folder."""

    @property
    @abstractmethod
    def config(self) -> Config:
        """The configuration of the arm's run; only once its prerequisites are done."""

    @property
    def name(self) -> str:
        """See `Computation.name`."""
        return f"payoff/seed-{self.seed}/{self.label}"

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""
        return (self.found,)

    @property
    def suite(self) -> Suite:
        """See `ArmRun.suite`."""
        return self.found.suite

    @property
    def seed(self) -> int:
        """See `ArmRun.seed`."""
        return self.found.seed

    @property
    def store(self) -> RunStore:
        """See `ArmRun.store`."""
        return DirectoryStore(self.suite.folder / self.name)

    @property
    def macs(self) -> float:
        """Multiply-accumulates to spend; only once what it needs is done."""
        return self.found.record().total.macs

    def cost(self) -> Cost:
        """See `Computation.cost`. The steps are those of the search and trainings whose budget it gets."""
        return self.found.search.cost() + self.found.cost()


@dataclass(frozen=True)
class ScratchArm(PaidArm):
    """Uniform architectures, trained from scratch by successive halving: see `affordable_halving`.

    What is left in the end, for nobody knows beforehand what those cost that go on, lengthens the finalists' trainings.
    """

    @property
    def label(self) -> str:
        """See `PaidArm.label`."""
        return SCRATCH

    @property
    def config(self) -> Config:
        """See `PaidArm.config`."""
        plan, base = self.suite.plan, self.suite.plan.config(self.seed)
        prices = _mean([training_prices(base, searched(a)) for a in self._draws(base, _DRAWS)])
        retrain = affordable_halving(prices, base, self.macs).retrain
        pool = min(retrain.pool or 1, base.search_space().size())
        iterations = retrain.generator_iterations
        settings = ("start=scratch", "incumbents=[]", f"pool={pool}", f"generator_iterations={iterations}")
        return plan.config(self.seed, *(f"retrain.{setting}" for setting in settings))

    def run(self) -> None:
        """See `Computation.run`."""
        run = self._open()
        pool = given_pool(run.config, self._draws(run.config, run.config.retrain.pool or 1))
        halve(run, self.store, pool)
        lengthen(run, Climb(run.ladder(pool), run.config), self.macs)
        climb = Climb(run.ladder(pool), run.config, beyond=True)
        run.evaluate(climb.finalists()[:1])
        self.keep(climb.record())

    def samples(self, count: int) -> Tensor:
        """See `ArmRun.samples`."""
        return self._open().sample(Architecture.parse(self.outcome().trained), "best", count, self.seed)

    def _draws(self, config: Config, count: int) -> list[Architecture]:
        """The first ``count`` of this seed's different uniform architectures; all there are, if fewer."""
        space, rng = config.search_space(), random.Random(derive_seed(self.seed, "payoff", SCRATCH))
        draws: dict[Architecture, None] = {}
        while len(draws) < min(count, space.size()):
            draws[config.model.completed(space.sample(rng))] = None
        return list(islice(draws, count))

    def _open(self) -> Run:
        suite = self.suite
        return Run(self.store, self.config, World.single(suite.device), suite.monitor, lambda: suite.inputs())


@dataclass(frozen=True)
class GivenArm(PaidArm):
    """A known architecture or a baseline, trained from scratch for all of it."""

    choice: Given

    @property
    def label(self) -> str:
        """See `PaidArm.label`."""
        return self.choice.name

    @property
    def config(self) -> Config:
        """See `PaidArm.config`."""
        plan, base = self.suite.plan, self.suite.plan.config(self.seed)
        design = self.choice.design(base)
        trained = base.model_copy(update={"training": design.training(base)})
        iterations = affordable_iterations(training_prices(base, design), trained, self.macs)
        settings = ("start=scratch", "incumbents=[]", "pool=null", f"generator_iterations={max(1, iterations)}")
        return plan.config(self.seed, *(f"retrain.{setting}" for setting in settings))

    def run(self) -> None:
        """See `Computation.run`."""
        config, store, suite = self.config, self.store, self.suite
        keep_config(store, config)
        derived = self._derived(config)

        def train() -> None:
            derived.train()
            evaluator = Evaluator(config, config, lambda: suite.inputs(), suite.device)
            evaluate(derived, suite.workspace(config, store), evaluator)

        attempt(store, derived.state_name, train)
        self.keep(self._followed(config, derived))

    def samples(self, count: int) -> Tensor:
        """See `ArmRun.samples`."""
        return self._derived(self.config).sample("best", count, self.seed)

    def _followed(self, config: Config, derived: DerivedGAN) -> ArmRecord:
        design, diverged = self.choice.design(config), failure(self.store, derived.state_name)
        prices, n_critic = training_prices(config, design), design.training(config).n_critic
        try:
            training = derived.result()
        except StateError:  # it diverged before its first validation
            return ArmRecord(None, "given", 0, 1, Spent(), (), Spent(), 0.0, diverged)
        points: list[Point] = []
        total, images = Spent(), config.retrain.validation_images
        starts = [0, *(validation.iteration for validation in training.validations)]
        for (start, end), validation in zip(pairwise(starts), training.validations, strict=True):
            total += prices.spent(Cost((end - start) * n_critic, end - start, images))
            points.append(Point(total, validation.inception_score, validation.fid))
        trained = None if diverged else design.name
        last, seconds = training.last.iteration, training.seconds
        return ArmRecord(trained, "given", last, 1, Spent(), tuple(points), total, seconds, diverged, training.course)

    def _derived(self, config: Config) -> DerivedGAN:
        return DerivedGAN(self.choice.design(config), self.suite.workspace(config, self.store))


def _mean(prices: Sequence[Prices]) -> Prices:
    return Prices(
        fmean(price.discriminator_step for price in prices),
        fmean(price.generator_step for price in prices),
        fmean(price.scored_image for price in prices),
    )
