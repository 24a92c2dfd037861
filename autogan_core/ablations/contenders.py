"""Given and found architectures and baselines, trained alike and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from torch import Tensor

from autogan_core.ablations.pages.finding import Table
from autogan_core.ablations.pages.statistics import mean
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.outcome import Arms, Outcome, estimates, protocol_words
from autogan_core.ablations.suite.samples import COUNT, samples_figure
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.trainings import Given, TrainedFromScratch
from autogan_core.baselines import BASELINES
from autogan_core.config import Config
from autogan_core.data import ImageDataset
from autogan_core.metrics.protocols import LONG_NAMES
from autogan_core.search_space import Architecture
from autogan_core.training.design import Design, searched

FOUND = "found here"


class Contender(Computation, Protocol):
    """A training that has come to its final scores, whoever did it."""

    def outcome(self) -> Outcome:
        """The contender's scores; only once it is done."""
        ...

    def seconds(self) -> float:
        """Time that its training took; only if it has scores."""
        ...

    def samples(self, count: int) -> Tensor:
        """Images of its best checkpoint, uint8 (count, C, S, S); only if it has scores."""
        ...


Contenders = Mapping[str, Sequence[Contender]]
"""A training for each seed, by the contenders' names in words."""


def given(suite: Suite, names: Iterable[str], *, on_target: bool) -> dict[str, list[Contender]]:
    """A training for each named architecture or baseline, and each seed."""
    return {name: [TrainedFromScratch(suite, Given(name), s, on_target) for s in suite.plan.seeds] for name in names}


def by_seed(contenders: Contenders) -> list[Computation]:
    """All of them, seeds varying slowest."""
    return [contender for of_seed in zip(*contenders.values(), strict=True) for contender in of_seed]


def outcomes(contenders: Contenders) -> Arms:
    """The outcomes of each contender."""
    return {name: [contender.outcome() for contender in found] for name, found in contenders.items()}


def samples(contenders: Contenders, dataset: ImageDataset, seed: int) -> str:
    """Draws real images, and images of every contender on the first seed on which it has scores.

    Args:
        contenders: all of them done.
        dataset: what they were trained on.
        seed: chooses the real images.

    Returns:
        The figure as an SVG element.
    """
    firsts = {name: next((c for c in found if not c.outcome().failure), None) for name, found in contenders.items()}
    drawn = {name: first.samples(COUNT) for name, first in firsts.items() if first is not None}
    return samples_figure(
        {"real": dataset.sample(COUNT, seed), **drawn}, "Real images, and images drawn by each contender"
    )


def contenders_table(contenders: Contenders, config: Config) -> Table:
    """Compares scores, size and cost of the contenders' generators.

    Args:
        contenders: all of them done.
        config: of the trainings.

    Returns:
        A row for each contender.
    """
    arms = outcomes(contenders)
    scores = (f"{name} {'↑' if kind == 'is' else '↓'}" for kind, name in LONG_NAMES.items())
    caption = (
        f"Measured here. Best checkpoint: {protocol_words(arms)}. All have {config.retrain.generator_iterations:,} "
        "generator steps; critic steps: of the discriminator, for each of them. FLOPs: multiply-accumulates for one "
        f"image, as the paper counts them. {FOUND.capitalize()}: by the search on each seed."
    )
    return Table(
        ("", "Generator", *scores, "Critic steps", "Training, minutes", "Parameters, millions", "FLOPs, millions"),
        tuple(_row(name, contenders[name], arms[name], config) for name in contenders),
        caption,
    )


def _row(name: str, contenders: Sequence[Contender], outcomes_of: Sequence[Outcome], config: Config) -> tuple[str, ...]:
    designs = [_design(outcome, config) for outcome in outcomes_of]
    seconds = [c.seconds() for c, outcome in zip(contenders, outcomes_of, strict=True) if not outcome.failure]
    return (
        name,
        "; ".join(dict.fromkeys(design.title for design in designs)),
        *(estimate.text() for estimate in estimates(outcomes_of).values()),
        str(designs[0].training(config).n_critic),
        mean([spent / 60 for spent in seconds]).text(1),
        _range([design.parameters(config) / 1e6 for design in designs]),
        _range([design.macs(config) / 1e6 for design in designs]),
    )


def _design(outcome: Outcome, config: Config) -> Design:
    if outcome.trained in BASELINES:
        return BASELINES[outcome.trained](config.model.depth)
    return searched(Architecture.parse(outcome.trained))


def _range(values: Sequence[float]) -> str:
    low, high = (f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
