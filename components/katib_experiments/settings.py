"""The form of a configuration in an Experiment: algorithm settings, search space, metrics, budget, overrides.

The suggestion service reads the Experiment and the trials read their environment. Both are written from one `Config`
here, so that they cannot disagree.
"""

from __future__ import annotations

import json
from typing import Any

from autogan_core.config import LOCATIONS, Config
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config, preset_names, setting_text
from autogan_kubeflow.components.katib_protocol import DISCRIMINATOR, OPERATIONS, OPTIONAL

PLACES = ("folder", "npz")
"""Loaders of images that are known by nothing but where they lie."""


def overrides(config: Config) -> list[str]:
    """Lists every setting that differs from the preset's; `load_config` reads the list back.

    The locations of data and weights on this machine (`LOCATIONS`) are left out: trials read both from the run store.

    Returns:
        ``section.key=value`` for each, as `load_config` takes them.

    Raises:
        ConfigError: the preset is a file, which the trials' image does not have.
    """
    if config.preset not in preset_names():
        raise ConfigError(
            f"trials know only the presets {', '.join(preset_names())}, not '{config.preset}'; start from one of them "
            "and give the differences by --set"
        )
    preset = load_config(config.preset).flat()
    changed = ((key, value) for key, value in config.flat().items() if value != preset.get(key))
    return [f"{key}={setting_text(value)}" for key, value in changed if key not in LOCATIONS]


def check_data(config: Config) -> None:
    """Checks that trials will find their images in the run store.

    Raises:
        ConfigError: the images are known by a place of this machine alone.
    """
    data = config.data
    if data.fingerprint is not None:  # the images are known by what they are
        return
    if data.name in PLACES:
        raise ConfigError(
            f"data.name is '{data.name}', whose images trials know by data.fingerprint alone, and that is not set; "
            "search them by 'autogan pipeline submit mlas-search --param data_set=gs://bucket/photos', which sets it"
        )
    if data.path is not None:
        raise ConfigError(
            f"data.path is '{data.path}', which is on this machine, and trials read their images from the run store; "
            "leave it out here, and give it to 'autogan katib prepare'"
        )


def algorithm_settings(config: Config) -> dict[str, str]:
    """The settings of the ``autogan`` algorithm; Katib carries strings only."""
    search, controller = config.search, config.search.controller
    settings = {
        "seed": config.seed,
        "policy": search.policy,
        "levels": search.levels,
        "growth": search.growth,
        "controller_steps": search.controller_steps,
        "num_candidates": search.num_candidates,
        "top_k": search.top_k,
        "training_draws": search.training_draws,
        "shared_training": search.shared_training,
        **{f"controller.{name}": value for name, value in controller.model_dump(mode="json").items()},
    }
    if search.policy == "evolution":
        settings |= {f"evolution.{name}": value for name, value in search.evolution.model_dump(mode="json").items()}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()}


def nas_config(config: Config) -> dict[str, Any]:
    """The search space as the suggestion service reads it: the same choices for every cell."""
    space = config.search.space.model_dump(mode="json")
    lists = {name: space[name] for name in OPERATIONS if name not in OPTIONAL or name in _widened(config)}
    if config.search.networks == "both":
        judging = config.search.discriminator.model_dump(mode="json")
        lists |= {name: judging[name.removeprefix("discriminator-")] for name in DISCRIMINATOR}
    return {
        "graphConfig": {"numLayers": config.model.num_cells},
        "operations": [
            {"operationType": name, "parameters": [_categorical(name, words)]} for name, words in lists.items()
        ],
    }


def cell_tokens(config: Config) -> list[list[str]]:
    """Names each cell's tokens for Experiments in which every token is a parameter.

    The order is that of the trial's environment: conv, norm, up, shortcut, a skip bit from each earlier cell, and what
    the paper's cells do not choose, if it is searched.

    Returns:
        For each cell names such as ``cell2-conv``.
    """
    paper, beyond = [name for name in OPERATIONS if name != "skip" and name not in OPTIONAL], _of_each_cell(config)
    return [
        [f"cell{cell}-{name}" for name in (*paper, *(f"skip-{source}" for source in range(1, cell)), *beyond)]
        for cell in range(1, config.model.num_cells + 1)
    ]


def parameters(config: Config) -> list[dict[str, Any]]:
    """The search space for Katib's own algorithms: one categorical parameter for each token of an architecture.

    Returns:
        The parameters, cell by cell.

    Raises:
        ConfigError: the loss or the discriminator is searched too.
    """
    if config.search.networks == "both":
        raise ConfigError(
            "search.networks is both, but trials from scratch choose the generator's cells alone; set "
            "search.networks=generator"
        )
    space = config.search.space.model_dump(mode="json")
    if space["loss"]:
        raise ConfigError(
            f"search.space.loss is {space['loss']}, but trials from scratch choose cells alone; set training.loss"
        )
    names = [name for cell in cell_tokens(config) for name in cell]
    return [_categorical(name, space[name.split("-")[1]]) for name in names]


def num_trials(config: Config) -> int:
    """Trials of a whole search with shared weights: its iterations and one derivation for each stage."""
    return config.search.iterations + len(config.search.stage_depths(config.model.num_cells))


def _widened(config: Config) -> list[str]:
    """Operations that are searched beyond the paper's choices."""
    return [name for name, words in OPTIONAL.items() if getattr(config.search.space, name) != words]


def _of_each_cell(config: Config) -> list[str]:
    """Those of them that each cell chooses for itself."""
    return [name for name in _widened(config) if name != "loss"]


def _categorical(name: str, options: list[str]) -> dict[str, Any]:
    return {"name": name, "parameterType": "categorical", "feasibleSpace": {"list": list(options)}}
