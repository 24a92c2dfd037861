"""The cost of trainings in steps and scored images: the same on every machine."""

from __future__ import annotations

import itertools
from collections.abc import Collection

from autogan_core.config import Config
from autogan_core.runs.halving.halving import rungs
from autogan_core.runs.halving.ladder import Ladder
from autogan_core.training.cost import Cost
from autogan_core.training.validation import next_validation


def training_cost(config: Config, iterations: int, milestones: Collection[int] = ()) -> Cost:
    """Computes the cost of a training, validations included.

    Args:
        config: the run's.
        iterations: generator steps; 0 costs nothing.
        milestones: steps to validate at beside the multiples of ``retrain.validate_every``.

    Returns:
        Discriminator steps, generator steps and scored images.
    """
    retrain, done, validations = config.retrain, 0, 0
    while done < iterations:
        done = next_validation(done, retrain.validate_every, iterations, milestones)
        validations += 1
    return Cost(iterations * config.training.n_critic, iterations, validations * retrain.validation_images)


def final_cost(config: Config, architectures: int) -> Cost:
    """The final scores of so many architectures, two checkpoints each."""
    return Cost(scored_images=2 * config.scores.num_images * architectures)


def full_cost(config: Config) -> Cost:
    """Training ``retrain.num_architectures`` to the end without halving, and their final scores."""
    retrain, count = config.retrain, config.retrain.num_architectures
    return training_cost(config, retrain.generator_iterations) * count + final_cost(config, count)


def halving_cost(config: Config, pool_size: int) -> Cost:
    """Computes the cost of a pool's whole ladder, if no training diverges, and of the finalists' final scores.

    Args:
        config: the run's.
        pool_size: architectures that enter the first rung.

    Returns:
        Discriminator steps, generator steps and scored images.
    """
    ladder = rungs(config.retrain, pool_size)
    ends, sizes = [rung.iterations for rung in ladder], [rung.entrants for rung in ladder]
    stopped = [earlier - later for earlier, later in itertools.pairwise([*sizes, 0])]
    trainings = (training_cost(config, end, ends) * count for end, count in zip(ends, stopped, strict=True))
    return sum(trainings, final_cost(config, sizes[-1]))


def spent_cost(config: Config, ladder: Ladder) -> Cost:
    """Computes what the trainings of a pool have cost so far, without final scores.

    A training that diverged counts as if it had reached its next validation.

    Returns:
        Discriminator steps, generator steps and scored images.
    """
    ends, total = [rung.iterations for rung in ladder.rungs], Cost()
    for entrant in ladder.pool:
        training = ladder.training(entrant.architecture)
        done = training.last.iteration if training else 0
        if ladder.failure(entrant.architecture) is not None and done < ends[-1]:
            done = next_validation(done, config.retrain.validate_every, ends[-1], ends)
        total += training_cost(config, done, ends)
    return total
