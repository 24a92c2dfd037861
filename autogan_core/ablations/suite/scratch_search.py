"""Random search without weight sharing: short trainings from scratch, as many as a search's time allows.

The paper (section 4.3.5) lets it run as long as AutoGAN's own search; each architecture is stopped early.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.short_training import short_training, train_short
from autogan_core.config import Config
from autogan_core.errors import NonFiniteLossError
from autogan_core.runtime.seeding import derive_seed
from autogan_core.search_space import Architecture
from autogan_core.storage import DirectoryStore, RunStore, read_document, write_document
from autogan_core.training.cost import Cost
from autogan_core.training.design import Design, searched

NAME = "random-scratch"
_RESULT = "found.json"


@dataclass(frozen=True, slots=True)
class Tried:
    """The result of the search."""

    architectures: int
    """How many were trained."""
    seconds: float
    best: Architecture
    """The highest Inception score after its short training."""
    inception_score: float


@dataclass(frozen=True)
class ScratchSearch:
    """Architectures drawn uniformly, each trained for a share of a retraining, until ``reference``'s time is spent.

    How many there are depends on the machine's speed, and is settled with the last one.
    """

    reference: Search

    @property
    def name(self) -> str:
        """See `Computation.name`."""
        return f"searches/{NAME}/seed-{self.reference.seed}"

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""
        return (self.reference,)

    @property
    def config(self) -> Config:
        """The configuration of the short trainings: scored once, by the reward's protocol."""
        plan, seed = self.reference.suite.plan, self.reference.seed
        iterations = plan.config(seed).retrain.generator_iterations * plan.budget.early_stopping
        return short_training(plan, seed, max(1, round(iterations)))

    def cost(self) -> Cost:
        """See `Computation.cost`. The steps are those of the search whose time it gets."""
        return self.reference.cost()

    def done(self) -> bool:
        """See `Computation.done`."""
        return self._store.exists(_RESULT)

    def run(self) -> None:
        """See `Computation.run`."""
        suite, limit = self.reference.suite, self.reference.seconds()
        spent, tried, best, draws = 0.0, 0, None, self._draws()
        with suite.monitor.task(f"{self.name}: seconds", round(limit)) as task:
            while spent < limit:
                started = time.monotonic()
                training = train_short(suite, self.config, next(draws), f"{self.name}/tried/{tried:04d}")
                seconds = training.seconds if training else time.monotonic() - started
                task.advance(round(seconds))
                spent, tried = spent + seconds, tried + 1
                if training and (best is None or training.last.inception_score > best.last.inception_score):
                    best = training
        if best is None:
            raise NonFiniteLossError(f"none of {tried} architectures of {self.name} could be trained")
        found = {"architectures": tried, "seconds": spent, "best": str(best.architecture)}
        write_document(self._store, _RESULT, {**found, "inception_score": best.last.inception_score})

    def result(self) -> Tried:
        """The result of the search; only once it is done."""
        found = read_document(self._store, _RESULT)
        return Tried(**{**found, "best": Architecture.parse(found["best"])})

    def _draws(self) -> Iterator[Architecture]:
        rng = random.Random(derive_seed(self.reference.seed, "random search from scratch"))
        while True:
            yield self.config.model.completed(self.config.search_space().sample(rng))

    @property
    def _store(self) -> RunStore:
        return DirectoryStore(self.reference.suite.folder / self.name)


@dataclass(frozen=True)
class FoundFromScratch:
    """The search's best architecture, to be trained in full."""

    search: ScratchSearch
    name: str = NAME

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Choice.needs`."""
        return (self.search,)

    def design(self, config: Config) -> Design:
        """See `Choice.design`."""
        return searched(self.search.result().best)
