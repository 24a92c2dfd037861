"""Trainings from scratch as pieces of work: given architectures and baselines, on the plan's data or the target's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import Outcome, outcome_of
from autogan_core.ablations.suite.searches import Search, training_cost
from autogan_core.ablations.suite.suite import Suite
from autogan_core.baselines import BASELINES
from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.runs.folder.run_config import keep_config
from autogan_core.runs.scoring.evaluating import Evaluator
from autogan_core.runs.scoring.final_scores import evaluate, stored_scores
from autogan_core.search_space import NAMED
from autogan_core.storage import DirectoryStore, RunStore
from autogan_core.training.cost import Cost
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import Design, searched
from autogan_core.training.failures import attempt, failure


class Choice(Protocol):
    """A choice of what to train, which may depend on a search."""

    @property
    def name(self) -> str:
        """The name of the choice, such as ``paper-top1`` or ``found``."""
        ...

    @property
    def needs(self) -> Sequence[Computation]:
        """The work that the choice depends on."""
        ...

    def design(self, config: Config) -> Design:
        """The design to train."""
        ...


@dataclass(frozen=True)
class Given:
    """A named architecture of the search space, or a hand-crafted baseline."""

    name: str
    needs: Sequence[Computation] = ()

    def design(self, config: Config) -> Design:
        """The design of the named architecture or baseline; see `Choice.design`.

        Returns:
            A design of as many cells as the configuration's generators.

        Raises:
            ConfigError: the configuration's generators have another number of cells than the named architecture.
        """
        if self.name in BASELINES:
            return BASELINES[self.name](config.model.depth)
        architecture = config.model.completed(NAMED[self.name])
        if architecture.depth != config.model.depth:
            raise ConfigError(
                f"{self.name} has {architecture.depth} cells, but model.num_cells is {config.model.num_cells}; leave "
                "that setting at 3 for this experiment"
            )
        return searched(architecture)


@dataclass(frozen=True)
class Found:
    """The best architecture of a search, by its reward there."""

    search: Search
    name: str = "found"

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Choice.needs`."""
        return (self.search,)

    def design(self, config: Config) -> Design:
        """See `Choice.design`."""
        return searched(config.model.completed(self.search.beams()[0]))


@dataclass(frozen=True)
class TrainedFromScratch:
    """One training and its final scores."""

    suite: Suite
    choice: Choice
    seed: int
    on_target: bool = False

    @property
    def name(self) -> str:
        """See `Computation.name`."""
        return f"{self._folder}/{self.choice.name}"

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""
        return self.choice.needs

    @property
    def config(self) -> Config:
        """The configuration of the training."""
        plan = self.suite.plan
        return plan.target_config(self.seed) if self.on_target else plan.config(self.seed)

    def cost(self) -> Cost:
        """See `Computation.cost`. What a search finds is trained by the configuration's own settings."""
        config = self.config
        training = config.training if self.choice.needs else self.choice.design(config).training(config)
        return training_cost(config, training.n_critic)

    def done(self) -> bool:
        """See `Computation.done`."""
        if not all(need.done() for need in self.needs):
            return False
        name, protocol = self._state_name, self.config.scores
        return stored_scores(self._store, name, protocol) is not None or failure(self._store, name) is not None

    def run(self) -> None:
        """See `Computation.run`."""
        suite, config, store = self.suite, self.config, self._store
        keep_config(store, config)
        derived = self._derived()
        evaluator = Evaluator(config, config, lambda: suite.inputs(self.on_target), suite.device)

        def train() -> None:
            derived.train()
            evaluate(derived, suite.workspace(config, store, self.on_target), evaluator)

        attempt(store, derived.state_name, train)

    def outcome(self) -> Outcome:
        """The training's scores, or its failure; only once it is done."""
        return outcome_of(self._store, self.seed, self.choice.design(self.config).name, self.config.scores)

    def seconds(self) -> float:
        """Time that the training took; only if it has scores."""
        return self._derived().result().seconds

    def samples(self, count: int) -> Tensor:
        """Images of the best checkpoint, uint8 (count, C, S, S); only if it has scores."""
        return self._derived().sample("best", count, self.seed)

    def _derived(self) -> DerivedGAN:
        workspace = self.suite.workspace(self.config, self._store, self.on_target)
        return DerivedGAN(self.choice.design(self.config), workspace)

    @property
    def _state_name(self) -> str:
        return f"retrain/{self.choice.design(self.config).name}"

    @property
    def _folder(self) -> str:
        if not self.on_target:
            return f"trainings/seed-{self.seed}"
        return f"transfers/{Path(self.suite.plan.target_preset).stem}/seed-{self.seed}"

    @property
    def _store(self) -> RunStore:
        return DirectoryStore(self.suite.folder / self._folder)
