"""The state of a pool's trainings, and who goes on: `halving` applied to a run store."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from autogan_core.config import RetrainConfig
from autogan_core.errors import StateError
from autogan_core.runs.halving.halving import Entrant, Rung, promoted, rungs
from autogan_core.search_space import Architecture
from autogan_core.storage import RunStore
from autogan_core.training.failures import failure
from autogan_core.training.validation import TrainingResult, stored_training

Outcome = Literal["finalist", "under way", "fell out", "diverged"]


@dataclass(frozen=True, slots=True)
class Standing:
    """The progress of an entrant."""

    entrant: Entrant
    fids: tuple[float | None, ...]
    """FID at the end of each rung that it entered, first to last; None where the training has not come or diverged."""
    outcome: Outcome

    @property
    def rung(self) -> int:
        """Index of the last rung that it entered."""
        return len(self.fids) - 1


class Ladder:
    """The rungs of a pool and what the store says of each training, read once: a view of one moment."""

    def __init__(self, store: RunStore, retrain: RetrainConfig, pool: Sequence[Entrant]) -> None:
        """Opens the ladder of a pool; trainings are read from the store when they are asked for.

        Args:
            store: the run's own folder.
            retrain: the run's settings.
            pool: what enters the first rung.
        """
        self.pool = list(pool)
        """The entrants of the first rung, in the order given."""
        self.rungs = rungs(retrain, len(self.pool))
        """First to last."""
        self._store = store
        self._trainings: dict[Architecture, TrainingResult | None] = {}
        self._failures: dict[Architecture, str | None] = {}

    def entrants(self, rung: Rung) -> list[Architecture]:
        """The architectures that enter a rung.

        Returns:
            For the first rung the pool in its order, for later ones the promoted, best first.

        Raises:
            StateError: a training of an earlier rung has not come to that rung's end.
        """
        entered = [entrant.architecture for entrant in self.pool]
        for earlier, later in itertools.pairwise(self.rungs[: rung.index + 1]):
            entered = promoted({a: self.fid(a, earlier) for a in entered}, later.entrants)
        return entered

    def finalists(self) -> list[Architecture]:
        """The architectures that are trained to the end, the lowest FID there first. Raises like `entrants`."""
        last = self.rungs[-1]
        return promoted({a: self.fid(a, last) for a in self.entrants(last)}, last.entrants)

    @property
    def finished(self) -> bool:
        """Whether the finalists are known."""
        try:
            self.finalists()
        except StateError:
            return False
        return True

    def standings(self) -> list[Standing]:
        """Ranks all entrants.

        Returns:
            Finalists first, best first; then entrants of the current rung, in the order in which they entered it; then
            those that are out, latest rung first, and within a rung best first and diverged ones last.
        """
        entered, out = [entrant.architecture for entrant in self.pool], list[Standing]()
        for rung in self.rungs:
            fids = {a: self._known(a, rung) for a in entered}
            if self.pending(rung):
                return [self._standing(a, rung, "under way") for a in entered] + out[::-1]
            ranked = promoted(fids, len(fids))
            entered = ranked[: self.rungs[min(rung.index + 1, len(self.rungs) - 1)].entrants]
            diverged = sorted(a for a in fids if fids[a] is None)
            out += [self._standing(a, rung, "diverged") for a in diverged]
            out += [self._standing(a, rung, "fell out") for a in ranked[len(entered) :][::-1]]
        return [self._standing(a, self.rungs[-1], "finalist") for a in entered] + out[::-1]

    def pending(self, rung: Rung) -> list[Architecture]:
        """Entrants of a rung whose training has neither come to its end nor diverged. Raises like `entrants`."""
        return [a for a in self.entrants(rung) if not self._tried(a, rung)]

    def fid(self, architecture: Architecture, rung: Rung) -> float | None:
        """Looks up the validation at a rung's end.

        Returns:
            Its FID; None when the training diverged before it.

        Raises:
            StateError: the training has not come to this rung's end, or went past it without a validation.
        """
        training = self.training(architecture)
        fid = training.fid_at(rung.iterations) if training else None
        if fid is None and self.failure(architecture) is None:
            raise StateError(self._missing(architecture, rung, training))
        return fid

    def training(self, architecture: Architecture) -> TrainingResult | None:
        """The state of an architecture's training; None before its first validation."""
        if architecture not in self._trainings:
            self._trainings[architecture] = stored_training(self._store, architecture)
        return self._trainings[architecture]

    def failure(self, architecture: Architecture) -> str | None:
        """The reason why an architecture's training diverged; None if it did not."""
        if architecture not in self._failures:
            self._failures[architecture] = failure(self._store, f"retrain/{architecture}")
        return self._failures[architecture]

    def _standing(self, architecture: Architecture, rung: Rung, outcome: Outcome) -> Standing:
        [entrant] = [entrant for entrant in self.pool if entrant.architecture == architecture]
        return Standing(entrant, tuple(self._known(architecture, r) for r in self.rungs[: rung.index + 1]), outcome)

    def _known(self, architecture: Architecture, rung: Rung) -> float | None:
        training = self.training(architecture)
        return training.fid_at(rung.iterations) if training else None

    def _tried(self, architecture: Architecture, rung: Rung) -> bool:
        training = self.training(architecture)
        reached = training is not None and training.last.iteration >= rung.iterations
        return reached or self.failure(architecture) is not None

    def _missing(self, architecture: Architecture, rung: Rung, training: TrainingResult | None) -> str:
        place = self._store.location(f"retrain/{architecture}")
        name = f"rung {rung.index + 1} of {len(self.rungs)}"
        if training is not None and training.last.iteration > rung.iterations:
            return (
                f"{architecture} was trained past step {rung.iterations}, the end of {name}, without a validation "
                f"there; delete {place} to train it again"
            )
        done = training.last.iteration if training else 0
        return (
            f"{name} is not finished: {architecture} has been trained to step {done} of {rung.iterations}; "
            "run 'autogan retrain', which goes on from there"
        )
