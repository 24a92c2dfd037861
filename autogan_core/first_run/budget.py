"""Fitting a search, trainings and scores into the time that a person has."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from autogan_core.config import Config
from autogan_core.first_run.decisions import Decisions
from autogan_core.runs.planning.duration import ExpectedTime

Estimate = Callable[[Config], ExpectedTime]
"""What a run takes on the device. Only budgets differ between the configurations that it is asked of."""

SEARCH_SHARE = 0.25
"""Of the time. Where there is little of it, more steps are worth more than another architecture (docs/results.md)."""
SCORING_SHARE = 0.1
"""Of the time, at most, for final scores."""
VALIDATION_SHARE = 0.2
"""Of the trainings' time, at most, for their validations."""
REWARD_SHARE = 0.5
"""Of the search's time, at most, for scoring candidates; the rest trains the shared GAN."""
VALIDATIONS = 8
"""Of each training."""
MOST_ITERATIONS, MOST_STEPS = 50_000, 12_000
"""Generator steps of a training, and discriminator steps of an iteration: the paper's, beyond which nothing is known
here. The latter are 15 epochs of CIFAR-10; few images need more epochs for as many steps."""
LEAST_ITERATIONS, LEAST_STEPS = 80, 8
"""Generator steps of a training, and discriminator steps of an iteration, however little time there is."""
LEAST_SCORED = 100
"""Images of any score, however little time there is."""
SHORT_ITERATION = 500
"""Steps of an iteration from which on the paper's window shows a collapse."""


@dataclass(frozen=True, slots=True)
class SearchSize:
    """How thorough a search is."""

    iterations: int
    """Of each stage."""
    controller_steps: int
    """See ``search.controller_steps``."""
    num_candidates: int
    """See ``search.num_candidates``."""
    top_k: int
    """See ``search.top_k``."""
    training_draws: int
    """See ``search.training_draws``."""
    reward_images: int
    """See ``search.reward.num_images``."""


SEARCH_SIZES = (
    SearchSize(30, 30, 10, 5, 128, 5000),
    SearchSize(15, 20, 10, 5, 128, 2000),
    SearchSize(6, 12, 10, 4, 64, 1000),
    SearchSize(2, 8, 8, 3, 32, 250),
    SearchSize(1, 4, 4, 2, 16, 100),
)
"""The paper's, and smaller ones; the last but one is that of the preset ``digits``."""


def fit_search(decisions: Decisions, images: int, estimate: Estimate, seconds: float) -> None:
    """Decides the search's budget.

    The most thorough search is taken whose scores leave half of the time to train the shared GAN.

    Args:
        decisions: all that was decided before; the budget is added.
        images: training images.
        estimate: of the device.
        seconds: what the search may take.
    """
    per_epoch = math.ceil(images / decisions.config().training.discriminator_batch)

    def takes(size: SearchSize, steps: int) -> float:
        tried = decisions.copy()
        _decide_search(tried, size)
        tried.decide("search.shared_epochs", steps / per_epoch, "")
        return estimate(tried.config()).search

    chosen = next((size for size in SEARCH_SIZES if takes(size, 1) <= REWARD_SHARE * seconds), SEARCH_SIZES[-1])
    _decide_search(decisions, chosen)
    steps = largest(lambda count: takes(chosen, count) <= seconds, LEAST_STEPS, MOST_STEPS)
    reason = f"{steps:,} steps of the shared GAN in each iteration, about as many as in the paper"
    if steps < MOST_STEPS:
        reason = f"{steps:,} steps of the shared GAN in each iteration, which fill the search's part of the time"
    decisions.decide("search.shared_epochs", _rounded(steps / per_epoch), reason)
    if steps < SHORT_ITERATION:
        decisions.decide("search.dynamic_reset.window", 50, "iterations are short, and a collapse must show within one")


def _decide_search(decisions: Decisions, size: SearchSize) -> None:
    config, decide = decisions.config(), decisions.decide
    stages = len(config.search.stage_depths(config.model.num_cells))
    plural = f"{size.iterations} for each of the {stages} stages" if stages > 1 else "all of one stage"
    thorough = f"the most thorough search for which {100 * SEARCH_SHARE:.0f} % of the time are enough"
    decide("search.iterations", stages * size.iterations, f"{plural}: {thorough}")
    decide("search.controller_steps", size.controller_steps, "candidates scored in each iteration, likewise")
    candidates = int(decide("search.num_candidates", size.num_candidates, "candidates at the end of a stage, likewise"))
    kept = max(size.top_k, 1 if config.retrain.halves else config.retrain.num_architectures)
    decide("search.top_k", min(kept, candidates), "of these, the architectures that the next stage extends")
    decide("search.training_draws", size.training_draws, "architectures that share the steps of an iteration")
    scored = int(
        decide("search.reward.num_images", size.reward_images, "for each candidate, as many as there is time for")
    )
    decide("search.reward.splits", max(min(10, scored // 50), 1), "of 50 images or more each")
    if size.iterations < SEARCH_SIZES[1].iterations:
        short = "so short a search has few rewards to learn from"
        decide("search.controller.learning_rate", 7e-3, f"{short}, so the controller takes larger steps")
        decide("search.controller.baseline", "slot-mean", f"{short}: each is held against those of its own iteration")


def fit_training(decisions: Decisions, images: int, estimate: Estimate, seconds: float) -> None:
    """Decides how long the found architectures are trained.

    Args:
        decisions: all that was decided before; the budget is added.
        images: training images.
        estimate: of the device.
        seconds: what the trainings may take together.
    """

    def takes(iterations: int, scored: int) -> float:
        tried = decisions.copy()
        tried.decide("retrain.validation_images", scored, "")
        tried.decide("retrain.generator_iterations", iterations, "")
        tried.decide("retrain.validate_every", max(iterations // VALIDATIONS, 1), "")
        return estimate(tried.config()).retraining

    wanted = min(10_000, max(1000, images))
    scored = largest(lambda count: takes(VALIDATIONS, count) <= VALIDATION_SHARE * seconds, LEAST_SCORED, wanted)
    scored = int(
        decisions.decide(
            "retrain.validation_images",
            round_down(scored),
            f"validations take at most {100 * VALIDATION_SHARE:.0f} % of a training",
        )
    )
    iterations = round_down(largest(lambda count: takes(count, scored) <= seconds, LEAST_ITERATIONS, MOST_ITERATIONS))
    reason = "generator steps of a training, as many as there is time for"
    if iterations == MOST_ITERATIONS:
        reason = "generator steps of a training, as in the paper"
    elif iterations <= LEAST_ITERATIONS:
        reason = "generator steps of a training: there is no time for more, and these show only that it works"
    iterations = int(decisions.decide("retrain.generator_iterations", iterations, reason))
    every = max(iterations // VALIDATIONS, 1)
    decisions.decide(
        "retrain.validate_every", every, f"{VALIDATIONS} looks at each training, of which the best is kept"
    )
    decay = 0.999 if iterations >= 10_000 else 0.995 if iterations >= 2000 else 0.99
    decisions.decide("retrain.ema_decay", decay, f"the scored generator averages the last {1 / (1 - decay):,.0f} steps")


def fit_scores(decisions: Decisions, images: int, estimate: Estimate, seconds: float) -> None:
    """Decides how many images final scores take.

    Args:
        decisions: all that was decided before; the number is added.
        images: training images.
        estimate: of the device.
        seconds: what the final scores may take together.
    """

    def takes(count: int) -> float:
        tried = decisions.copy()
        tried.decide("scores.num_images", count, "")
        return estimate(tried.config()).scoring

    wanted = 50_000 if images >= 10_000 else 10_000 if images >= 2000 else 5000
    count = round_down(largest(lambda tried: takes(tried) <= seconds, LEAST_SCORED, wanted))
    reason = "images for the final scores, as many as there is time for"
    if count == wanted:
        reason = f"beside {images:,} real images more would tell no more" if count < 50_000 else "as published scores"
    decisions.decide("scores.num_images", count, reason)


def largest(fits: Callable[[int], bool], least: int, most: int) -> int:
    """The largest count that fits, by bisection to a hundredth.

    Args:
        fits: true up to some count, and false beyond.
        least: what is returned if nothing fits.
        most: what is returned if everything does.

    Returns:
        A count in [least, most].
    """
    if most <= least or fits(most):
        return max(most, least)
    low, high = least, most
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def round_down(count: int) -> int:
    """The count with two significant digits, rounded down, so that it can be read; small ones stay."""
    unit = int(10 ** max(len(str(count)) - 2, 0))
    return count // unit * unit


def _rounded(epochs: float) -> float | int:
    """Whole epochs, or a few digits of few."""
    return int(epochs) if epochs >= 10 else float(f"{epochs:.2g}")
