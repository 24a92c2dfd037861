"""The trainings that a number of multiply-accumulates affords: how many, and how long."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from statistics import fmean

from autogan_core.ablations.equal_cost.equal_cost import Prices, slot_prices, training_prices
from autogan_core.config import Config
from autogan_core.history import Assignment
from autogan_core.runs.halving.halving import rungs
from autogan_core.runs.planning.cost import final_cost, halving_cost, training_cost
from autogan_core.training.cost import Cost, scoring_cost, training_steps
from autogan_core.training.design import searched

_DRAWS = 128
"""Uniform architectures whose mean prices a stage."""


def affordable_iterations(prices: Prices, config: Config, macs: float, start: int = 0) -> int:
    """The last generator step to which a training can be paid for, with the validations on the way.

    Args:
        prices: of what is trained.
        config: how it is trained and validated.
        macs: what there is to spend.
        start: the generator step that it goes on from, where it has just been validated.

    Returns:
        At least ``start``.
    """
    spent = prices.spent(training_cost(config, start)).macs

    def affordable(until: int) -> bool:
        return prices.spent(training_cost(config, until, (start,))).macs - spent <= macs

    return _largest(affordable, start, start + math.ceil(max(macs, 0) / _step(prices, config)))


def affordable_halving(prices: Prices, config: Config, macs: float) -> Config:
    """The successive halving that random search from scratch gets: as many architectures as can be, then more steps.

    The pool is the largest that can be paid for at the same ``generator_iterations``, among those that halve to
    ``num_architectures`` without a remainder; but none whose first rung ends before the first validation of a plain
    training, since so early nobody can tell the better half. What is left lengthens all trainings alike.

    Args:
        prices: of the mean architecture.
        config: of the search whose cost it gets.
        macs: what there is to spend.

    Returns:
        The configuration with its ``retrain`` changed. The pool is at least ``num_architectures``, and there is one
        generator step, even if that is more than can be paid for.
    """
    retrain = config.retrain

    def settings(pool: int, iterations: int) -> Config:
        changes = {"start": "scratch", "incumbents": (), "pool": pool, "generator_iterations": iterations}
        return config.model_copy(update={"retrain": retrain.model_copy(update=changes)})

    def affordable(chosen: Config) -> bool:
        pool = chosen.retrain.pool or 1
        finalists = rungs(chosen.retrain, pool)[-1].entrants
        whole, final = halving_cost(chosen, pool), final_cost(chosen, finalists)  # final scores are nobody's cost
        return prices.spent(whole).macs - prices.spent(final).macs <= macs

    pool, iterations = retrain.num_architectures, retrain.generator_iterations
    first_rung = iterations / 2
    while first_rung >= retrain.validate_every and affordable(settings(2 * pool, iterations)):
        pool, first_rung = 2 * pool, first_rung / 2
    most = math.ceil(macs / _step(prices, config))
    return settings(pool, _largest(lambda count: affordable(settings(pool, count)), 1, most))


def affordable_search(config: Config, steps_per_epoch: int, like: Config) -> int:
    """The most search iterations whose expected cost is not above another search's.

    Args:
        config: of the search.
        steps_per_epoch: discriminator steps of an epoch.
        like: of the other search.

    Returns:
        At least an iteration for each stage.
    """
    search, prices = config.search, _stage_prices(config)
    macs = _expected(like, _stage_prices(like), steps_per_epoch)

    def affordable(iterations: int) -> bool:
        cut = config.model_copy(update={"search": search.model_copy(update={"iterations": iterations})})
        return _expected(cut, prices, steps_per_epoch) <= macs

    return _largest(affordable, len(prices), 100 * search.iterations)


def _stage_prices(config: Config) -> list[Prices]:
    """The prices of each stage, if its architectures cost what uniform draws do."""
    space, rng, prices = config.search_space(), random.Random(0), []
    for stage, depth in enumerate(config.search.stage_depths(config.model.num_cells)):
        draws = tuple(space.sample(rng, depth) for _ in range(_DRAWS))
        prices.append(slot_prices(config, Assignment(0, stage, "search", draws, draws)))
    return prices


def _expected(config: Config, prices: Sequence[Prices], steps_per_epoch: int) -> float:
    """Multiply-accumulates of a whole search in which nothing is reset."""
    search, total = config.search, 0.0
    plain, first = (training_steps(config, steps_per_epoch, warm_up=warm_up) for warm_up in (False, True))
    for price, iterations in zip(prices, search.stage_iterations(config.model.num_cells), strict=True):
        training = Cost.of_steps(first + (iterations - 1) * plain, config.training.n_critic)
        candidates = iterations * search.controller_steps + search.num_candidates
        total += price.spent(training + scoring_cost(config) * candidates).macs
    return total


def mean_training(config: Config) -> float:
    """Multiply-accumulates of a generator step from scratch and its discriminator steps, the mean of uniform draws."""
    space, rng = config.search_space(), random.Random(0)
    draws = (config.model.completed(space.sample(rng)) for _ in range(_DRAWS))
    return fmean(_step(training_prices(config, searched(architecture)), config) for architecture in draws)


def _step(prices: Prices, config: Config) -> float:
    """The cost of a generator step and the discriminator steps that belong to it."""
    return config.training.n_critic * prices.discriminator_step + prices.generator_step


def _largest(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The largest number from ``low`` to ``high`` for which ``holds``, which does up to some number; else ``low``."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
