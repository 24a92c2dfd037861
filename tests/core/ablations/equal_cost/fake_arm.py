"""An arm of `payoff` whose outcome and record are made up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autogan_core.ablations.equal_cost.arm_record import ArmRecord, Point
from autogan_core.ablations.equal_cost.equal_cost import Spent
from autogan_core.ablations.suite.outcome import Outcome
from autogan_core.training.cost import Cost

PROTOCOL = "64 images, 2 splits, classifier features"


def arm_record(fids: Sequence[tuple[float, float]], origin: str = "given", trainings: int = 4) -> ArmRecord:
    """A record of two minutes with a point for each pair of multiply-accumulates and FID; the last is the end."""
    points = tuple(Point(Spent(Cost(20, 10, 300), macs), 5.0, fid) for macs, fid in fids)
    return ArmRecord("1011-10011-10103", origin, 8, trainings, Spent(), points, points[-1].spent, 120.0)


@dataclass(frozen=True)
class FakeArm:
    """See `payoff_tables.Arm`."""

    seed: int
    fid: float = math.nan
    inception_score: float = math.nan
    made_up: ArmRecord | None = None
    failure: str | None = None

    def record(self) -> ArmRecord:
        """As given, or of one validation."""
        return self.made_up or arm_record([(1e12, 5.0)])

    def outcome(self) -> Outcome:
        """As given."""
        return Outcome(self.seed, "1011-10011-10103", self.inception_score, self.fid, PROTOCOL, self.failure)
