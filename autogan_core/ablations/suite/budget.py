"""How much the ablations spend: settings on top of any preset, and the ablations' own sizes."""

from __future__ import annotations

from importlib import resources
from typing import Literal, get_args

import yaml
from pydantic import PositiveFloat, PositiveInt

from autogan_core.config import Section, validated
from autogan_core.errors import ConfigError

SharedWeights = Literal["policy", "uniform", "balanced", "policy-warm-up", "uniform-warm-up", "balanced-warm-up"]
"""Ways to train shared weights: values of ``search.shared_training``, without or with a warm-up of new cells."""
PayoffArm = Literal["paper-top1", "paper-top2", "paper-top3", "e2gan", "wgan-gp", "dcgan"]
"""What `payoff` can train for a search's cost, beside SN-GAN's generator and random search."""


class Budget(Section):
    """One of the files in ``budgets/``."""

    summary: str
    """What it is for, and about how long it takes."""
    seeds: PositiveInt
    """Runs of everything, each with a seed of its own."""
    settings: tuple[str, ...] = ()
    """``section.key=value`` each, on top of the preset."""
    proxy_architectures: PositiveInt
    """Architectures, drawn uniformly, that are trained from scratch to see what scores on shared weights are worth."""
    proxy_epochs: PositiveFloat | None = None
    """Epochs of that training; None: a whole retraining. Paper (section 4.3.1): 30."""
    proxy_images: tuple[PositiveInt, ...] = (250, 500, 1000, 2500, 5000)
    """Images by which they are scored on shared weights, each number a ruler of its own."""
    proxy_adaptation_steps: tuple[PositiveInt, ...] = (10, 25, 50)
    """Training steps that each makes alone before it is scored; they are scored without any, too."""
    proxy_weights: tuple[SharedWeights, ...] = ("policy", "uniform")
    """What trains the shared weights on which they are scored, beside the search's own setting."""
    early_stopping: PositiveFloat = 0.1
    """Share of a retraining's iterations that random search without weight sharing gives each architecture (paper,
    section 4.3.5: "early stopping", without a number)."""
    probed_architectures: PositiveInt = 4
    """Candidates of each slot that are scored by both scores, whatever the reward is (Figure 8)."""
    compared_draws: PositiveInt = 30
    """Draws of the policy, and uniform ones, that are scored before a stage is derived."""
    payoff_arms: tuple[PayoffArm, ...] = get_args(PayoffArm)
    """Which of them it trains. Each costs as much as the search, and widens the intervals of all."""
    target_images: PositiveInt | None = None
    """Images of the data set that architectures are transferred to; None: all of them."""


def budget_names() -> list[str]:
    """Names of the budgets, smallest first."""
    return sorted(_texts(), key=lambda name: ("short", "reduced", "study", "full").index(name))


def load_budget(name: str) -> Budget:
    """Loads a budget that ships with the package.

    Returns:
        The validated budget.

    Raises:
        ConfigError: there is none of this name.
    """
    texts = _texts()
    if name not in texts:
        raise ConfigError(f"there is no budget '{name}'; choose one of {', '.join(budget_names())}")
    return validated(Budget, yaml.safe_load(texts[name]))


def _texts() -> dict[str, str]:
    folder = resources.files(__package__) / "budgets"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return {entry.name.removesuffix(".yaml"): entry.read_text() for entry in files}
