"""The ground truth of ``proxy``: architectures drawn uniformly, each trained from scratch and scored along the way."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.searches import steps_per_epoch
from autogan_core.ablations.suite.suite import Plan, Suite
from autogan_core.config import Config
from autogan_core.errors import NonFiniteLossError
from autogan_core.runtime.seeding import derive_seed
from autogan_core.search_space import Architecture
from autogan_core.storage import DirectoryStore, RunStore, read_document, write_document
from autogan_core.training.cost import Cost
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import searched

VALIDATIONS = 8
"""Scorings along a training, evenly spaced: its length, a half, a quarter and an eighth of it are among them."""
_CURVE = "curve.json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Point:
    """Scores in the course of a training."""

    iteration: int
    """Generator steps made."""
    inception_score: float
    fid: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The validations of a training from scratch."""

    architecture: Architecture
    points: tuple[Point, ...]
    """Validations by rising iteration; the last one is the truth that rulers are compared with."""
    kid: float
    """KID at the end, of newly drawn images."""
    seconds: float
    """Time of the whole training."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the architecture."""
        points = [(point.iteration, point.inception_score, point.fid) for point in self.points]
        return {"points": points, "kid": self.kid, "seconds": self.seconds}

    @classmethod
    def from_json(cls, architecture: Architecture, tree: Mapping[str, Any]) -> Curve:
        """The inverse of `to_json`."""
        return cls(architecture, tuple(Point(*point) for point in tree["points"]), tree["kid"], tree["seconds"])

    @property
    def last(self) -> Point:
        """The end of the training."""
        return self.points[-1]

    @property
    def early(self) -> dict[int, Point]:
        """Points at a half, a quarter and an eighth of the length, as far as there are different ones: by divisor."""
        count, kept = len(self.points), dict[int, int]()
        for divisor in (2, 4, 8):
            kept.setdefault(math.ceil(count / divisor), divisor)
        return {divisor: self.points[number - 1] for number, divisor in kept.items() if number < count}

    @property
    def slope(self) -> float:
        """Change of ln FID over the last doubling of the length, from the point at half of it; NaN without one.

        About -0.1: FID still falls by a tenth; 0: training longer changes nothing.
        """
        half = self.early.get(2)
        if half is None or min(half.fid, self.last.fid) <= 0:
            return math.nan
        return math.log(self.last.fid / half.fid) / math.log2(self.last.iteration / half.iteration)


def uniform_architectures(plan: Plan) -> list[Architecture]:
    """Draws the architectures of the study uniformly from the whole space.

    They depend on the plan's first seed alone, so every search's shared weights score the same ones.

    Returns:
        Distinct architectures, as many as the budget asks for; the whole space if it holds no more.
    """
    config, wanted = plan.config(plan.seeds[0]), plan.budget.proxy_architectures
    space = config.search_space()
    if space.size() <= wanted:
        return list(space.enumerate())
    rng, found = random.Random(derive_seed(config.seed, "proxy")), dict[Architecture, None]()
    while len(found) < wanted:
        found[space.sample(rng)] = None
    return list(found)


@dataclass(frozen=True)
class ScratchTraining:
    """One of them, trained from scratch on the plan's first seed."""

    suite: Suite
    architecture: Architecture
    needs: Sequence[Computation] = ()

    @property
    def name(self) -> str:
        """See `Computation.name`."""
        return f"proxy/scratch/{self.architecture}"

    @property
    def config(self) -> Config:
        """The configuration of the training, scored by the final protocol.

        It is the plan's retraining; the budget may give it another length.
        """
        plan = self.suite.plan
        config, epochs = plan.config(plan.seeds[0]), plan.budget.proxy_epochs
        iterations = config.retrain.generator_iterations
        if epochs is not None:
            iterations = math.ceil(epochs * steps_per_epoch(self.suite, config) / config.training.n_critic)
        return plan.config(
            plan.seeds[0],
            f"retrain.generator_iterations={iterations}",
            f"retrain.validate_every={math.ceil(iterations / VALIDATIONS)}",
            f"retrain.validation_images={config.scores.num_images}",
        )

    def cost(self) -> Cost:
        """See `Computation.cost`."""
        config = self.config
        iterations, scored = config.retrain.generator_iterations, config.scores.num_images
        validations = math.ceil(iterations / config.retrain.validate_every)
        return Cost(iterations * config.training.n_critic, iterations, (validations + 1) * scored)

    def done(self) -> bool:
        """See `Computation.done`."""
        return self._store.exists(_CURVE)

    def run(self) -> None:
        """See `Computation.run`. A training that diverges would do so again, so the failure is kept instead."""
        try:
            found = self._train().to_json()
        except NonFiniteLossError as error:
            logger.warning("%s is left out of the study: %s", self.architecture, error)
            found = {"failure": str(error)}
        write_document(self._store, _CURVE, found)

    def curve(self) -> Curve | None:
        """The training's validations, None if it diverged; only once it is done."""
        found = read_document(self._store, _CURVE)
        return None if "failure" in found else Curve.from_json(self.architecture, found)

    def _train(self) -> Curve:
        config, workspace = self.config, self.suite.workspace(self.config, self._store)
        derived = DerivedGAN(searched(self.architecture), workspace)
        training = derived.train()
        [scores] = workspace.scorer.score_all(
            derived.generator("last"),
            [self.architecture],
            "proxy",
            num_images=config.scores.num_images,
            splits=config.scores.splits,
            with_fid=False,
            with_kid=True,
        )
        if scores.kid is None or not math.isfinite(scores.kid):
            raise NonFiniteLossError(f"the images of {self.architecture} have no KID after its training")
        points = tuple(Point(v.iteration, v.inception_score, v.fid) for v in training.validations)
        return Curve(self.architecture, points, scores.kid, training.seconds)

    @property
    def _store(self) -> RunStore:
        return DirectoryStore(self.suite.folder / self.name)
