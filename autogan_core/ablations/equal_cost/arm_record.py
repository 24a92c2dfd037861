"""The cost of an arm of `payoff` on one seed, and its scores along the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autogan_core.ablations.equal_cost.equal_cost import Spent
from autogan_core.training.cost import Cost


@dataclass(frozen=True, slots=True)
class Point:
    """A validation of a generator that is being trained."""

    spent: Spent
    """The cost of the whole arm up to here, this validation included."""
    inception_score: float
    fid: float


@dataclass(frozen=True, slots=True)
class ArmRecord:
    """One arm on one seed, from its first step to its last validation. Final scores are kept beside the training."""

    trained: str | None
    """The generator that it ends with: its design's name. None: every training diverged."""
    origin: str
    """The origin of the architecture in words, such as ``beam``."""
    iterations: int
    """Generator steps of that generator's training; 0 when there is none."""
    trainings: int
    """Generators that were trained, however far."""
    searched: Spent
    """The cost before the first training; zero in an arm that does not search."""
    points: tuple[Point, ...]
    """Validations, in their order."""
    total: Spent
    seconds: float
    """Wall time of it all, over all processes."""
    failure: str | None = None
    """One sentence, when there is no generator to show."""
    course: tuple[tuple[int, float], ...] = ()
    """Generator steps and FID at each validation of the final generator, in their order; empty in records of earlier
    versions."""

    def fid_at(self, macs: float) -> float | None:
        """FID of the best generator so far, once so many multiply-accumulates are spent; None before the first."""
        return min((point.fid for point in self.points if point.spent.macs <= macs), default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> ArmRecord:
        """The inverse of `to_json`."""
        points = tuple(Point(**{**point, "spent": _spent(point["spent"])}) for point in tree["points"])
        spent = {name: _spent(tree[name]) for name in ("searched", "total")}
        course = tuple((iteration, fid) for iteration, fid in tree.get("course", ()))
        return cls(**{**tree, **spent, "points": points, "course": course})


def _spent(tree: Mapping[str, Any]) -> Spent:
    return Spent(Cost.from_json(tree["cost"]), tree["macs"])
