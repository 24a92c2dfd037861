"""How much the experiments spend: settings on top of any preset, and the experiments' own sizes."""

from __future__ import annotations

from importlib import resources

import yaml
from pydantic import PositiveFloat, PositiveInt

from autogan_core.config import Section, validated
from autogan_core.errors import ConfigError


class Budget(Section):
    """One of the files in ``budgets/``."""

    summary: str
    """What it is for, and about how long it takes."""
    seeds: PositiveInt
    """Runs of everything, each with a seed of its own."""
    settings: tuple[str, ...] = ()
    """``section.key=value`` each, on top of the preset."""
    proxy_architectures: PositiveInt
    """Architectures of each search that are also trained from scratch, to see what the shared weights are worth."""
    proxy_epochs: PositiveInt
    """Epochs of that training. Paper (section 4.3.1): 30."""
    early_stopping: PositiveFloat = 0.1
    """Share of a retraining's iterations that random search without weight sharing gives each architecture (paper,
    section 4.3.5: "early stopping", without a number)."""
    probed_architectures: PositiveInt = 4
    """Candidates of each slot that are scored by both scores, whatever the reward is (Figure 8)."""
    target_images: PositiveInt | None = None
    """Images of the data set that architectures are transferred to; None: all of them."""


def budget_names() -> list[str]:
    """Names of the budgets, smallest first."""
    return sorted(_texts(), key=lambda name: ("short", "reduced", "full").index(name))


def load_budget(name: str) -> Budget:
    """A budget by its name.

    Raises:
        ConfigError: there is none of this name.
    """
    texts = _texts()
    if name not in texts:
        raise ConfigError(f"there is no budget '{name}'; choose one of {', '.join(budget_names())}")
    return validated(Budget, yaml.safe_load(texts[name]))


def _texts() -> dict[str, str]:
    folder = resources.files("autogan_core.experiments") / "budgets"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return {entry.name.removesuffix(".yaml"): entry.read_text() for entry in files}
