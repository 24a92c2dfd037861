"""A successive halving as it went: every validation in the order of the trainings, and what had been spent by then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from autogan_core.ablations.equal_cost.affordable import affordable_iterations
from autogan_core.ablations.equal_cost.arm_record import ArmRecord, Point
from autogan_core.ablations.equal_cost.equal_cost import Spent, training_prices
from autogan_core.config import Config
from autogan_core.runs.halving.halving import Entrant, Rung
from autogan_core.runs.halving.ladder import Ladder
from autogan_core.runs.run import Run
from autogan_core.search_space import Architecture
from autogan_core.storage import RunStore
from autogan_core.training.cost import Cost
from autogan_core.training.design import searched
from autogan_core.training.failures import attempt


def halve(run: Run, store: RunStore, pool: Sequence[Entrant]) -> None:
    """Halves like `Run.halve`, but goes on when trainings diverge, even if all of them do.

    Args:
        run: trains.
        store: its folder.
        pool: what enters the first rung.
    """
    every = run.ladder(pool).rungs
    for rung in every:
        for architecture in run.ladder(pool).pending(rung):
            attempt(store, f"retrain/{architecture}", partial(run.train_to, architecture, rung, len(every)))


class Climb:
    """A halving that is done, read from its ladder."""

    def __init__(self, ladder: Ladder, config: Config, before: Spent | None = None, *, beyond: bool = False) -> None:
        """Follows the trainings of a ladder, rung by rung.

        Args:
            ladder: all rungs of it done.
            config: of the run.
            before: what a search spent before it.
            beyond: whether finalists were trained on behind the last rung.
        """
        self._ladder, self._config, self._beyond = ladder, config, beyond
        self.points: list[Point] = []
        self.before = before or Spent()
        self.total = self.before
        """The cost of the search and all trainings."""
        self.seconds = 0.0
        """The duration of the trainings."""
        start = 0
        for rung in ladder.rungs:
            last = rung.index == len(ladder.rungs) - 1
            for architecture in ladder.entrants(rung):
                self._follow(architecture, start, rung.iterations, math.inf if last and beyond else rung.iterations)
            start = rung.iterations

    def finalists(self) -> list[Architecture]:
        """The architectures that were trained to the end, the lowest FID there first; none if all diverged."""
        finalists = self._ladder.finalists()
        return sorted(finalists, key=self._last_fid) if self._beyond else finalists

    def record(self, search_seconds: float = 0.0) -> ArmRecord:
        """The arm whose trainings these are."""
        pool = {entrant.architecture: entrant for entrant in self._ladder.pool}
        winner = next(iter(self.finalists()), None)
        training = None if winner is None else self._ladder.training(winner)
        causes = sorted({cause for a in pool if (cause := self._ladder.failure(a))})
        return ArmRecord(
            trained=None if winner is None else str(winner),
            origin="" if winner is None else _origin(pool[winner]),
            iterations=0 if training is None else training.last.iteration,
            trainings=len(pool),
            searched=self.before,
            points=tuple(self.points),
            total=self.total,
            seconds=search_seconds + self.seconds,
            failure=None if winner is not None else f"every training diverged: {'; '.join(causes)}",
            course=training.course if training else (),
        )

    def _follow(self, architecture: Architecture, start: int, end: int, until: float) -> None:
        """One training from ``start`` to ``until``, in which it either reaches ``end`` or diverges."""
        training = self._ladder.training(architecture)
        prices, n_critic = training_prices(self._config, searched(architecture)), self._config.training.n_critic
        done = start
        for validation in training.validations if training else ():
            if not start < validation.iteration <= until:
                continue
            steps = validation.iteration - done
            images = self._config.retrain.validation_images
            self.total += prices.spent(Cost(steps * n_critic, steps, images))
            self.points.append(Point(self.total, validation.inception_score, validation.fid))
            done = validation.iteration
        if training:
            self.seconds += training.seconds * (done - start) / training.last.iteration
        if done < end:  # it diverged, nobody knows where: at the rung's end at the latest
            self.total += prices.spent(Cost((end - done) * n_critic, end - done))

    def _last_fid(self, architecture: Architecture) -> float:
        training = self._ladder.training(architecture)
        return math.inf if training is None else training.last.fid


def _origin(entrant: Entrant) -> str:
    """The origin of an entrant in words; an architecture that was given to the run was drawn uniformly."""
    if entrant.origin == "incumbent":
        return f"incumbent {entrant.name}"
    return "random" if entrant.origin == "given" else entrant.origin


def lengthen(run: Run, climb: Climb, macs: float) -> None:
    """Trains the finalists of a halving on with what is left of a budget.

    Args:
        run: trains.
        climb: the halving, done.
        macs: the whole budget in multiply-accumulates; what the climb has spent counts.
    """
    finalists, config = climb.finalists(), run.config
    for architecture in finalists:
        share, start = (macs - climb.total.macs) / len(finalists), config.retrain.generator_iterations
        prices = training_prices(config, searched(architecture))
        until = affordable_iterations(prices, config, share, start)
        if until > start:
            run.train_to(architecture, Rung(0, until, len(finalists)), 1)
