"""The state of a training, as recorded by its validations; importing it does not import torch."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autogan_core.search_space import Architecture
from autogan_core.storage import CommittedState, RunStore

COLLAPSE_FACTOR = 2.0
"""A training whose last FID is so many times its best one is called collapsed."""


@dataclass(frozen=True, slots=True)
class Validation:
    """Scores of the averaged generator in the course of training."""

    iteration: int
    """Generator steps made."""
    inception_score: float
    fid: float
    named: dict[str, float]
    """Both, and the Inception score's deviation, under names that state the protocol."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported generator comes from."""

    file: str
    """The file's name, without its folder."""
    sha256: str
    """The file's, 64 hex digits."""
    part: str | None
    """What the file calls the weights; None if it calls them nothing."""
    epoch: int | None
    """Epochs that they were trained, if the file says so."""

    @property
    def words(self) -> str:
        """The origin as a report says it."""
        details = [f"SHA-256 {self.sha256[:12]}", self.part, f"epoch {self.epoch}" if self.epoch is not None else None]
        return f"imported from {self.file} ({', '.join(filter(None, details))}), not trained here"


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A training as far as it has come."""

    architecture: Architecture
    validations: tuple[Validation, ...]
    """At least one validation, in their order; of an imported generator one at step 0, whose scores are NaN."""
    seconds: float
    """Time spent, over all processes that worked on it."""
    precision: str | None = None
    """What its convolutions and matrix products took in, ``float32`` or ``bfloat16``, in its last steps; None of a
    training by a version that did not store it."""
    origin: Origin | None = None
    """Of an imported generator; None of one that was trained here."""

    @property
    def best(self) -> Validation:
        """The validation with the lowest FID."""
        return best_of(self.validations)

    @property
    def last(self) -> Validation:
        """The validation after the last generator step."""
        return self.validations[-1]

    @property
    def collapsed(self) -> bool:
        """Whether the end is much worse than the best, so that only the best checkpoint should be used."""
        return self.last.fid > COLLAPSE_FACTOR * self.best.fid

    @property
    def course(self) -> tuple[tuple[int, float], ...]:
        """Generator steps and FID of each validation."""
        return tuple((v.iteration, v.fid) for v in self.validations)

    def fid_at(self, iteration: int) -> float | None:
        """FID of the validation after so many generator steps; None when there was none."""
        return next((v.fid for v in self.validations if v.iteration == iteration), None)


def best_of(validations: Sequence[Validation]) -> Validation:
    """The one with the lowest FID; of equal ones the first."""
    return min(validations, key=lambda v: v.fid)


def next_validation(done: int, every: int, until: int, milestones: Collection[int] = ()) -> int:
    """Finds the next validation of a training.

    Args:
        done: generator steps made, fewer than ``until``.
        every: at its multiples trainings are validated.
        until: where the training ends, validated in any case.
        milestones: more steps to validate at.

    Returns:
        A generator step in (done, until].
    """
    return min(step for step in ((done // every + 1) * every, until, *milestones) if step > done)


def stored_training(store: RunStore, architecture: Architecture) -> TrainingResult | None:
    """Reads an architecture's training from a run store.

    Returns:
        All validations so far; None before the first.

    Raises:
        StateError: its state is damaged.
    """
    pointer = CommittedState(store, f"retrain/{architecture}").pointer()
    if pointer is None:
        return None
    return read_training(architecture, pointer.content["meta"])


def read_training(architecture: Architecture, meta: Mapping[str, Any]) -> TrainingResult:
    """The training that a state's ``meta`` tells of."""
    origin = Origin(**meta["origin"]) if "origin" in meta else None
    validations = tuple(Validation(**v) for v in meta["validations"])
    if origin is not None and not validations:
        validations = (Validation(0, math.nan, math.nan, {}),)
    return TrainingResult(architecture, validations, meta["seconds"], meta.get("precision"), origin)
