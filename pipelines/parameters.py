"""A pipeline's form on the command line: ``--param name=value``, checked before anything is started or sent."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from components.experiments.builder import check_experiment_name
from components.pipeline_step.form import (
    UNSET,
    check_backend,
    check_run_name,
    data_location,
    parse_architectures,
    positive,
    read_form,
)
from pipelines.catalogue import compiled

_FORM = ("preset", "overrides", "dataset", "seed", "reward", "top_k", "retrain_iterations")


def read_arguments(pipeline: str, given: Sequence[str], file: Path | None = None) -> dict[str, Any]:
    """The arguments that ``name=value`` texts give.

    Args:
        pipeline: its name.
        given: one ``name=value`` each; later ones win.
        file: the compiled pipeline, if it is not the committed one.

    Returns:
        Only what was given, each value of its parameter's type.

    Raises:
        ConfigError: an unknown name, a value of another type, or one that means nothing.
    """
    known = read_parameters(file or compiled(pipeline))
    arguments: dict[str, Any] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator:
            raise ConfigError(f"--param takes name=value, not '{text}'")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(known)}"
            raise ConfigError(f"{pipeline} has no parameter '{name}'{hint}")
        arguments[name] = _typed(name, value, known[name]["parameterType"])
    defaults = {name: definition.get("defaultValue") for name, definition in known.items()}
    _check({**{name: _whole(value) for name, value in defaults.items()}, **arguments})
    return arguments


def read_parameters(path: Path) -> dict[str, dict[str, Any]]:
    """The definitions of a compiled pipeline's parameters, by name: type, default and description.

    Raises:
        ConfigError: the file is no compiled pipeline.
    """
    try:
        document = next(yaml.safe_load_all(path.read_text()))
        parameters: dict[str, dict[str, Any]] = document["root"]["inputDefinitions"]["parameters"]
    except (OSError, yaml.YAMLError, StopIteration, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is no compiled pipeline ({type(error).__name__}); make one with 'autogan pipeline compile'"
        ) from error
    return parameters


def _typed(name: str, text: str, kind: str) -> Any:
    if kind == "STRING":
        return text
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = None
    allowed: tuple[type, ...] = {"NUMBER_INTEGER": (int,), "NUMBER_DOUBLE": (int, float), "BOOLEAN": (bool,)}[kind]
    if not isinstance(value, allowed) or isinstance(value, bool) != (kind == "BOOLEAN"):
        words = {"NUMBER_INTEGER": "a whole number", "NUMBER_DOUBLE": "a number", "BOOLEAN": "true or false"}[kind]
        raise ConfigError(f"{name} is '{text}'; set it to {words}")
    return float(text) if kind == "NUMBER_DOUBLE" else value


def _whole(value: Any) -> Any:
    """Compiled defaults are floats even where the parameter is a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check(arguments: Mapping[str, Any]) -> None:
    """Raises ConfigError for the first value that a step would refuse."""
    searches = "backend" in arguments
    form = {name: arguments[name] for name in _FORM if name in arguments}
    if not searches and form.pop("top_k", UNSET) != UNSET:
        positive("top_k", arguments["top_k"])
    read_form(**form)
    data_location(arguments["dataset"], arguments["data_uri"])
    if arguments["store"] and "://" not in arguments["store"]:
        raise ConfigError(
            f"store is '{arguments['store']}', a folder, which the pods of a pipeline do not share; give gs://bucket/prefix"
        )
    for name in ("run", "history"):
        if arguments.get(name):
            check_run_name(arguments[name])
    if searches:
        _check_search(arguments)
    elif not parse_architectures(arguments["architectures"]) and not arguments["search_run"]:
        raise ConfigError("there is nothing to evaluate: set architectures (such as paper-top1), search_run, or both")


def _check_search(arguments: Mapping[str, Any]) -> None:
    check_backend(arguments["backend"])
    if arguments["experiment_name"]:
        check_experiment_name(arguments["experiment_name"])
    for field in ("trial_workers", "timeout_hours"):
        if arguments[field] < 0:
            raise ConfigError(f"{field} is {arguments[field]:g}; set it to a number from 0 on")
