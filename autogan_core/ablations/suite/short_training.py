"""Short trainings from scratch that are scored once, at their end, as candidates are in the search."""

from __future__ import annotations

import logging

from autogan_core.ablations.suite.suite import Plan, Suite
from autogan_core.config import Config
from autogan_core.errors import NonFiniteLossError
from autogan_core.search_space import Architecture
from autogan_core.storage import DirectoryStore
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import searched
from autogan_core.training.validation import TrainingResult

logger = logging.getLogger(__name__)


def short_training(plan: Plan, seed: int, generator_iterations: int) -> Config:
    """Configures a short training, whose only validation follows the reward's protocol.

    Args:
        plan: of the ablations.
        seed: of the run.
        generator_iterations: generator steps.

    Returns:
        The plan's configuration with ``generator_iterations`` steps.
    """
    reward = plan.config(seed).search.reward
    return plan.config(
        seed,
        f"retrain.generator_iterations={generator_iterations}",
        f"retrain.validate_every={generator_iterations}",
        f"retrain.validation_images={reward.num_images}",
        f"scores.splits={reward.splits}",
    )


def train_short(suite: Suite, config: Config, architecture: Architecture, name: str) -> TrainingResult | None:
    """Trains an architecture on the plan's data, or continues where an earlier process stopped.

    Args:
        suite: whose images and folder are used.
        config: see `short_training`.
        architecture: what to train.
        name: of the training's folder within the suite's.

    Returns:
        The training; None when it diverged.
    """
    store = DirectoryStore(suite.folder / name)
    derived = DerivedGAN(searched(architecture), suite.workspace(config, store))
    try:
        return derived.train()
    except NonFiniteLossError as error:
        logger.warning("%s in %s is left out: %s", architecture, name, error)
        return None
