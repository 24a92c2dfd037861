"""The Experiments that ship in ``manifests/experiments``, each a preset, what it changes, and where it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autogan_core.ablations.suite.variants import FID_REWARD, RANDOM_SHARED, SLAS
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_kubeflow.components.katib_experiments.builder import build_experiment, build_runtime
from autogan_kubeflow.components.katib_experiments.placement import Placement


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """The recipe of one Experiment."""

    title: str
    """What it searches for, in a line."""
    preset: str
    """Name of the preset that it starts from."""
    overrides: tuple[str, ...] = ()
    """``section.key=value`` on top of the preset."""
    placement: Placement = Placement()
    """The placement of its trials."""
    from_scratch: bool = False
    """Whether each trial trains one architecture from scratch, under Katib's random search."""
    parallel_trials: int = 1
    """Trials at a time."""


EXPERIMENTS: dict[str, Recipe] = {
    "mlas-cifar10": Recipe(title="The paper's search: multi-level, REINFORCE, Inception score", preset="cifar10"),
    "slas-cifar10": Recipe(
        title="The paper's ablation: one controller for all cells, at full depth from the start",
        preset="cifar10",
        overrides=SLAS.overrides,
    ),
    "random-shared-cifar10": Recipe(
        title="Random search on the shared weights: what the controller has to beat",
        preset="cifar10",
        overrides=RANDOM_SHARED.overrides,
    ),
    "random-scratch-cifar10": Recipe(
        title="Random search without shared weights: Katib's own algorithm, four short trainings at a time",
        preset="cifar10",
        # The budget of the MLAS search on networks of its size: 40 x 5,000 x n_critic 5 discriminator steps are 1.0
        # million, and its 90 iterations of 15 epochs in batches of 64 make 1.05 million.
        overrides=(
            "search.iterations=40",
            "retrain.generator_iterations=5000",
            "retrain.generator_channels=128",
            "retrain.discriminator_channels=64",
        ),
        from_scratch=True,
        parallel_trials=4,
    ),
    "mlas-fid-reward-cifar10": Recipe(
        title="The paper's ablation: multi-level search for 1 / FID",
        preset="cifar10",
        overrides=FID_REWARD.overrides,
    ),
    "mlas-smoke": Recipe(
        title="A search of minutes on handwritten digits, without a GPU: shows that a cluster is set up",
        preset="digits",
        overrides=(
            "search.iterations=6",
            "search.shared_epochs=1",
            "search.controller_steps=4",
            "search.num_candidates=4",
            "search.top_k=2",
            "search.training_draws=16",
            "search.reward.score=inception-score",
            "search.reward.num_images=200",
            "search.reward.recalibration_images=128",
        ),
        placement=Placement(device="cpu", cpu="1", memory="2Gi", scratch="2Gi", deadline_seconds=3600),
    ),
}


def recipe(name: str) -> Recipe:
    """Looks up an Experiment that ships with the package.

    Returns:
        Its recipe.

    Raises:
        ConfigError: there is none of this name.
    """
    if name not in EXPERIMENTS:
        raise ConfigError(f"there is no experiment '{name}'; choose one of {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]


def from_recipe(
    chosen: Recipe, name: str, overrides: Iterable[str] = (), placement: Placement | None = None
) -> dict[str, Any]:
    """Builds the Experiment of a recipe.

    Args:
        chosen: the recipe.
        name: the Experiment's name.
        overrides: ``section.key=value`` on top of the recipe's.
        placement: instead of the recipe's.

    Returns:
        The manifest.

    Raises:
        ConfigError: a bad name or setting.
    """
    config = load_config(chosen.preset, (*chosen.overrides, *overrides))
    return build_experiment(
        name,
        config,
        placement or chosen.placement,
        from_scratch=chosen.from_scratch,
        parallel_trials=chosen.parallel_trials,
    )


def manifests(
    chosen: Recipe, name: str, overrides: Iterable[str] = (), placement: Placement | None = None
) -> list[dict[str, Any]]:
    """All that is to be applied for the Experiment of a recipe, in this order. Like `from_recipe` otherwise."""
    runtime = build_runtime(name, placement or chosen.placement, from_scratch=chosen.from_scratch)
    experiment = from_recipe(chosen, name, overrides, placement)
    return [experiment] if runtime is None else [runtime, experiment]
