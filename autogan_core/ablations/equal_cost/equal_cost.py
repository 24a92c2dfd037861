"""One unit for searches, trainings and scorings: multiply-accumulates, counted from steps and images.

Seconds depend on the machine and on who else uses it, steps and images on what is trained and scored. What is counted
follows `metrics.complexity`: two networks' passes, a backward pass as two forward ones, and the feature extractor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from autogan_core.config import Config
from autogan_core.errors import StateError
from autogan_core.history import Assignment, Record
from autogan_core.metrics.complexity import discriminator_macs, generator_macs, step_macs
from autogan_core.metrics.features.extractor_macs import extractor_macs
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.trial_records import slot_costs
from autogan_core.storage import RunStore
from autogan_core.training.adversarial.losses import training_of
from autogan_core.training.cost import Cost
from autogan_core.training.design import Design


@dataclass(frozen=True, slots=True)
class Spent:
    """The cost of a piece of work."""

    cost: Cost = Cost()
    macs: float = 0.0
    """Multiply-accumulates of all of it."""

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.cost + other.cost, self.macs + other.macs)


@dataclass(frozen=True, slots=True)
class Prices:
    """Multiply-accumulates of each of the things that a `Cost` counts."""

    discriminator_step: float
    generator_step: float
    scored_image: float
    """Generator and feature extractor, with a share of the images that batch-norm statistics are estimated on."""

    def spent(self, cost: Cost) -> Spent:
        """The cost of so many steps and images at these prices."""
        macs = (
            cost.discriminator_steps * self.discriminator_step
            + cost.generator_steps * self.generator_step
            + cost.scored_images * self.scored_image
        )
        return Spent(cost, macs)


def training_prices(config: Config, design: Design) -> Prices:
    """The prices of a design that is trained by itself, and validated along the way."""
    steps, generator = design.step_macs(config), design.macs(config)
    estimated = config.search.reward.recalibration_images / config.retrain.validation_images
    return Prices(steps.discriminator, steps.generator, _scored_image(config, generator, estimated))


def slot_prices(config: Config, assignment: Assignment) -> Prices:
    """Computes the prices of steps and images in a slot of a search.

    Steps are priced by the mean of the architectures that the slot trains, images by the mean of its candidates.

    The discriminator is its stage's, or what each architecture has chosen. Steps that adapt candidates are priced like
    steps of the training.

    Returns:
        Multiply-accumulates of a discriminator step, a generator step and a scored image.
    """
    search, depth = config.search, assignment.depth
    candidates = list(dict.fromkeys(assignment.candidates))
    trained = assignment.training or candidates
    generator = round(_mean_macs(config, trained))
    steps = [
        step_macs(
            generator,
            discriminator_macs(config.model, search.discriminator_channels, depth - 1, a.discriminator),
            training_of(a, config.training),
        )
        for a in trained
    ]
    reward = search.reward
    estimated = reward.recalibration_images / reward.num_images if reward.statistics == "recalibrated" else 0.0
    image = _scored_image(config, _mean_macs(config, candidates), estimated)
    return Prices(fmean(step.discriminator for step in steps), fmean(step.generator for step in steps), image)


def search_spent(config: Config, history: Sequence[Record], store: RunStore) -> Spent:
    """Adds up the costs that the slots of a search have stored.

    Args:
        config: of the run.
        history: its records.
        store: its folder.

    Returns:
        The cost of the search, without slots that failed, whose costs are unknown.

    Raises:
        StateError: a slot was stored by an earlier version, which did not count.
    """
    costs, spent = slot_costs(store), Spent()
    for assignment in (record.assignment for record in history if record.assignment.slot in costs):
        cost = costs[assignment.slot]
        if cost is None:
            raise StateError(
                f"slot {assignment.slot} in {store.location('')} was searched by an earlier version, which did not "
                "count its cost; choose another folder"
            )
        spent += slot_prices(config, assignment).spent(cost)
    return spent


def _scored_image(config: Config, generator: float, estimated: float) -> float:
    """``estimated``: images that batch-norm statistics are estimated on, for each one that is scored."""
    return generator * (1 + estimated) + extractor_macs(config.scores.features, config.model)


def _mean_macs(config: Config, architectures: Sequence[Architecture]) -> float:
    return fmean(generator_macs(a, config.model, config.search.generator_channels) for a in architectures)
