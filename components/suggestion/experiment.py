"""From a Katib Experiment to a search, and everything that can be wrong with one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml
from kubeflow.katib import katib_api_pb2 as api

from autogan_core.config import (
    ControllerConfig,
    DiscriminatorSpaceConfig,
    EvolutionConfig,
    SearchConfig,
    SpaceConfig,
    validated,
)
from autogan_core.errors import ConfigError
from autogan_core.search_space import SearchSpace
from autogan_kubeflow.components.katib_protocol import (
    DISCRIMINATOR,
    OBJECTIVES,
    OPERATIONS,
    OPTIONAL,
    check_lengths,
    goal_refusal,
    reward_names,
)

SETTINGS = (
    "seed",
    "policy",
    "levels",
    "growth",
    "controller_steps",
    "num_candidates",
    "top_k",
    "shared_training",
    "training_draws",
    *(f"controller.{name}" for name in ControllerConfig.model_fields),
    *(f"evolution.{name}" for name in EvolutionConfig.model_fields),
)
"""Every algorithm setting: the search's own; what trials do is set where they get their configuration."""

_KNOWN = {**OPERATIONS, **DISCRIMINATOR}

MAX_CELLS = 8
"""A generator of so many cells makes images of 1,024 pixels; each more doubles the skip token's options."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """The search that an Experiment asks for."""

    space: SearchSpace
    config: SearchConfig
    seed: int


def parse_experiment(experiment: api.Experiment) -> SearchRequest:
    """Reads and checks everything that the search needs.

    Returns:
        Search space, configuration and seed.

    Raises:
        ConfigError: one sentence with the field, the value and the remedy.
    """
    spec = experiment.spec
    if len(spec.parameter_specs.parameters):
        raise ConfigError("spec.parameters must be empty: this algorithm searches spec.nasConfig")
    num_cells = spec.nas_config.graph_config.num_layers
    if not 1 <= num_cells <= MAX_CELLS:
        raise ConfigError(
            f"nasConfig.graphConfig.numLayers is {num_cells}; set it to the generator's number of cells, "
            f"1 to {MAX_CELLS} (3 for 32x32 images)"
        )
    lists = _lists(spec.nas_config.operations.operation)
    seed, config = _settings(spec.algorithm.algorithm_settings, lists, num_cells, spec.max_trial_count)
    _check_trials(spec)
    check_lengths(config, num_cells, spec.max_trial_count)
    _check_metrics(spec.objective, config)
    return SearchRequest(config.search_space(num_cells), config, seed)


def _lists(operations: Iterable[api.Operation]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for operation in operations:
        name = operation.operation_type
        if name not in _KNOWN:
            raise ConfigError(f"nasConfig.operations has the operation '{name}'; there are {', '.join(_KNOWN)}")
        if name in lists:
            raise ConfigError(f"nasConfig.operations has '{name}' twice; join their lists")
        lists[name] = _options(operation)
    needed = [name for name in OPERATIONS if name not in OPTIONAL]
    needed += DISCRIMINATOR if any(name in lists for name in DISCRIMINATOR) else []
    missing = [name for name in needed if name not in lists]
    if missing:
        raise ConfigError(
            f"nasConfig.operations has no '{missing[0]}'; add it with one categorical parameter whose list is some of "
            f"{', '.join(_KNOWN[missing[0]])}"
        )
    return lists


def _options(operation: api.Operation) -> list[str]:
    name, parameters = operation.operation_type, operation.parameter_specs.parameters
    field = f"nasConfig.operations '{name}'"
    if len(parameters) != 1:
        raise ConfigError(f"{field} has {len(parameters)} parameters; it takes exactly one, with the list of options")
    if parameters[0].parameter_type != api.CATEGORICAL:
        kind = api.ParameterType.Name(parameters[0].parameter_type).lower()
        raise ConfigError(f"{field} has a parameter of type {kind}; set parameterType: categorical")
    options = list(parameters[0].feasible_space.list)
    allowed = ", ".join(_KNOWN[name])
    if not options:
        raise ConfigError(f"{field} has an empty feasibleSpace.list; name at least one of {allowed}")
    for option in options:
        if option not in _KNOWN[name]:
            raise ConfigError(f"{field} lists '{option}'; its options are {allowed}")
        if options.count(option) > 1:
            raise ConfigError(f"{field} lists '{option}' twice; name each option once")
    return options


def _settings(
    settings: Iterable[api.AlgorithmSetting], lists: dict[str, list[str]], num_cells: int, max_trial_count: int
) -> tuple[int, SearchConfig]:
    values: dict[str, Any] = {}
    for setting in settings:
        if setting.name not in SETTINGS:
            raise ConfigError(f"algorithmSettings has '{setting.name}'; the settings are {', '.join(SETTINGS)}")
        if setting.name in values:
            raise ConfigError(f"algorithmSettings has '{setting.name}' twice; keep one")
        values[setting.name] = _value(setting)
    seed = values.pop("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ConfigError(f"algorithmSettings: seed is '{seed}'; set it to a whole number from 0 on")
    judging = {name.removeprefix("discriminator-"): lists[name] for name in DISCRIMINATOR if name in lists}
    space = {name: words for name, words in lists.items() if name in OPERATIONS}
    tree: dict[str, Any] = {"space": validated(SpaceConfig, space)}
    if judging:
        tree |= {"networks": "both", "discriminator": validated(DiscriminatorSpaceConfig, judging)}
    for name, value in values.items():
        section, _, key = name.rpartition(".")
        (tree.setdefault(section, {}) if section else tree)[key] = value
    try:
        config = validated(SearchConfig, tree)
    except ConfigError as error:
        raise ConfigError(f"algorithmSettings: {error}") from error
    if config.num_candidates < config.top_k:
        raise ConfigError(
            f"algorithmSettings: num_candidates is {config.num_candidates}; it must be at least top_k ({config.top_k})"
        )
    num_stages = len(config.stage_depths(num_cells))
    if max_trial_count < 2 * num_stages:
        raise ConfigError(
            f"maxTrialCount is {max_trial_count}; set it to at least {2 * num_stages}: each of the {num_stages} stages "
            "needs a trial that searches and one that derives (the paper's budget is 93)"
        )
    config = config.model_copy(update={"iterations": max_trial_count - num_stages})
    try:
        config.stage_iterations(num_cells)
    except ConfigError as error:
        raise ConfigError(f"algorithmSettings: {error} (iterations: maxTrialCount less {num_stages})") from error
    return seed, config


def _value(setting: api.AlgorithmSetting) -> Any:
    try:
        return yaml.safe_load(setting.value)
    except yaml.YAMLError:
        raise ConfigError(f"algorithmSettings: {setting.name} is '{setting.value}', which is no value") from None


def _check_trials(spec: api.ExperimentSpec) -> None:
    if spec.parallel_trial_count != 1:
        raise ConfigError(
            f"parallelTrialCount is {spec.parallel_trial_count}; set it to 1: each trial goes on from the weights that "
            "the one before left (give a trial more GPUs with PyTorchJob workers)"
        )
    if spec.early_stopping.algorithm_name:
        raise ConfigError(
            f"earlyStopping is '{spec.early_stopping.algorithm_name}'; remove it: a trial's rewards come at its end"
        )


def _check_metrics(objective: api.ObjectiveSpec, config: SearchConfig) -> None:
    if objective.goal:  # 0 cannot be told from none
        raise ConfigError(goal_refusal(objective.goal))
    if objective.type != api.MAXIMIZE:
        kind = api.ObjectiveType.Name(objective.type).lower()
        raise ConfigError(f"objective.type is {kind}; set it to maximize: rewards are")
    if objective.objective_metric_name not in OBJECTIVES:
        raise ConfigError(
            f"objective.objectiveMetricName is '{objective.objective_metric_name}'; trials report "
            f"{' or '.join(OBJECTIVES)}, whichever search.reward.score says"
        )
    needed = reward_names(config)
    missing = [name for name in needed if name not in objective.additional_metric_names]
    if missing:
        raise ConfigError(
            f"objective.additionalMetricNames has no '{missing[0]}'; list {needed[0]} to {needed[-1]}, one for each "
            f"candidate of a trial (controller_steps {config.controller_steps}, num_candidates {config.num_candidates})"
        )
