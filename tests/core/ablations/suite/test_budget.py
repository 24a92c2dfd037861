"""What the budgets hold."""

from __future__ import annotations

import re

import pytest
import yaml

from autogan_core.ablations.suite.budget import budget_names, load_budget
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config, preset_names


def test_names_go_from_small_to_large() -> None:
    """The order is that of what they cost, not of the alphabet."""
    assert budget_names() == ["short", "reduced", "study", "full"]
    costs = [load_config("cifar10", load_budget(name).settings).retrain.generator_iterations for name in budget_names()]
    assert costs == sorted(costs) and len(set(costs)) == 4


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("name", ["short", "reduced", "study", "full"])
def test_every_budget_fits_every_preset(name: str, preset: str) -> None:
    """The settings are known, consistent, and all of them take effect."""
    budget = load_budget(name)
    flat = load_config(preset, budget.settings).flat()
    for setting in budget.settings:
        key, value = setting.split("=")
        assert flat[key] == (float(value) if re.fullmatch(r"[\d.e-]+", value) else yaml.safe_load(value))


def test_full_is_the_papers() -> None:
    """No setting changed, all target images, and the 30 epochs of section 4.3.1."""
    full = load_budget("full")
    assert (full.settings, full.target_images, full.proxy_epochs) == ((), None, 30)


@pytest.mark.parametrize("name", ["reduced", "full"])
def test_rulers_are_held_against_60_architectures(name: str) -> None:
    """Fewer would leave the intervals of a rank correlation too wide; all the usual numbers of images are tried."""
    budget = load_budget(name)
    assert budget.proxy_architectures >= 60
    assert budget.proxy_images == (250, 500, 1000, 2500, 5000)
    assert budget.proxy_adaptation_steps == (10, 25, 50)
    assert {"policy", "uniform"} <= set(budget.proxy_weights)


@pytest.mark.parametrize(("name", "seeds"), [("short", 2), ("reduced", 5), ("study", 6), ("full", 3)])
def test_seeds_allow_intervals(name: str, seeds: int) -> None:
    """At least two, or nothing could ever be said."""
    assert load_budget(name).seeds == seeds


def test_an_unknown_name_lists_the_known_ones() -> None:
    """So that nobody has to look them up."""
    with pytest.raises(ConfigError, match="there is no budget 'tiny'; choose one of short, reduced, study, full"):
        load_budget("tiny")
