"""What the benchmark found for one size: figures, what they come to for whole runs, and both as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autogan_core.config import Config
from benchmarks.extrapolation import (
    StageCosts,
    iteration_seconds,
    retraining_seconds,
    search_seconds,
    stage_counts,
)
from benchmarks.measurements import StageFigures, Versus


@dataclass(frozen=True, slots=True)
class Totals:
    """A variant's whole runs, in seconds; all extrapolated from medians."""

    steps: tuple[float, ...]
    """A discriminator step with its share of a generator step, in each stage."""
    iterations: tuple[float, ...]
    """One search iteration of each stage."""
    search: float
    retraining: float
    """One architecture, without its validations."""


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """Everything about one size."""

    name: str
    config: Config
    num_images: int
    precision: str
    """What the product's networks compute in."""
    stages: tuple[StageFigures, ...]
    retraining: Versus
    measured_iterations: tuple[float | None, ...]
    """The product's search iterations that were run as a whole, by stage, in seconds; None: too long."""

    def totals(self, variant: str) -> Totals:
        """The ``product``'s or the ``plain`` loop's whole runs."""
        counts = stage_counts(self.config, self.num_images)
        costs = [_costs(stage, variant) for stage in self.stages]
        n_critic = self.config.training.n_critic
        return Totals(
            tuple(cost.discriminator_step + cost.generator_step / n_critic for cost in costs),
            tuple(iteration_seconds(count, cost) for count, cost in zip(counts, costs, strict=True)),
            search_seconds(counts, costs),
            retraining_seconds(self.config, getattr(self.retraining, variant).median),
        )

    def to_json(self, matrix_rate: float) -> dict[str, Any]:
        """Converts the figures to plain values.

        Args:
            matrix_rate: the device's, in ``precision``, in operations per second.

        Returns:
            Values that JSON can hold.
        """
        return {
            "settings": self.config.flat(),
            "num_images": self.num_images,
            "precision": self.precision,
            "stages": [
                {
                    "stage": stage.stage,
                    "discriminator_step": _versus_json(stage.discriminator, matrix_rate),
                    "generator_step": _versus_json(stage.generator, matrix_rate),
                    "reward": _versus_json(stage.reward, matrix_rate),
                    "search_iteration_measured_s": measured,
                }
                for stage, measured in zip(self.stages, self.measured_iterations, strict=True)
            ],
            "retraining_iteration": _versus_json(self.retraining, matrix_rate),
            "extrapolated": {variant: _totals_json(self.totals(variant)) for variant in ("product", "plain")},
        }


def predicted_iteration(config: Config, num_images: int, figures: StageFigures) -> float:
    """How long the product's search iteration of a stage should take, in seconds."""
    return iteration_seconds(stage_counts(config, num_images)[figures.stage - 1], _costs(figures, "product"))


def share(versus: Versus, matrix_rate: float) -> float:
    """The product's operations per second over the device's best."""
    return versus.flops / versus.product.median / matrix_rate


def _costs(stage: StageFigures, variant: str) -> StageCosts:
    first_use = max(0.0, stage.discriminator.first_use) + max(0.0, stage.generator.first_use)
    discriminator, generator, reward = (
        getattr(part, variant).median for part in (stage.discriminator, stage.generator, stage.reward)
    )
    return StageCosts(discriminator, generator, reward, first_use if variant == "product" else 0.0)


def _versus_json(versus: Versus, matrix_rate: float) -> dict[str, Any]:
    return {
        "product": versus.product.to_json(),
        "plain": versus.plain.to_json(),
        "ratio": versus.ratio,
        "flops": versus.flops,
        "share_of_matrix_rate": share(versus, matrix_rate),
        "first_use_s": versus.first_use,
    }


def _totals_json(totals: Totals) -> dict[str, Any]:
    return {
        "step_s": list(totals.steps),
        "search_iteration_s": list(totals.iterations),
        "search_s": totals.search,
        "retraining_s": totals.retraining,
    }
