"""The trainings that a number of multiply-accumulates affords: how many, and how long."""

from __future__ import annotations

import math
from collections.abc import Callable

from autogan_core.ablations.equal_cost.equal_cost import Prices
from autogan_core.config import Config
from autogan_core.runs.halving.halving import rungs
from autogan_core.runs.planning.cost import final_cost, halving_cost, training_cost


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


def _step(prices: Prices, config: Config) -> float:
    """The cost of a generator step and the discriminator steps that belong to it."""
    return config.training.n_critic * prices.discriminator_step + prices.generator_step


def _largest(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The largest number from ``low`` to ``high`` for which ``holds``, which does up to some number; else ``low``."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
