"""A pipeline's form on the command line: ``--param name=value``, checked before anything is started or sent."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_experiments.builder import check_experiment_name
from autogan_kubeflow.components.pipeline_run.form import (
    FIELDS,
    UNSET,
    check_backend,
    check_run_name,
    data_location,
    named_to_evaluate,
    positive,
    read_form,
)
from autogan_kubeflow.pipelines.catalogue import compiled


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
            raise ConfigError(f"{pipeline} has no parameter '{name}'{_hint(name, known)}")
        arguments[name] = _typed(name, value, known[name])
    defaults = {name: definition.get("defaultValue") for name, definition in known.items()}
    _check({**{name: _whole(value) for name, value in defaults.items()}, **arguments})
    return arguments


def read_parameters(path: Path) -> dict[str, dict[str, Any]]:
    """Reads the definitions of a compiled pipeline's parameters.

    Returns:
        Type, default, description and choices by parameter.

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


def _hint(name: str, known: Mapping[str, Any]) -> str:
    """Which field was meant: the one that the steps call so, as the form itself did once, or one of like spelling."""
    near = [FIELDS[name]] if FIELDS.get(name) in known else difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(known)}"


def _typed(name: str, text: str, definition: Mapping[str, Any]) -> Any:
    kind, choices = definition["parameterType"], definition.get("literals")
    if kind == "STRING":
        if choices and text not in choices:
            raise ConfigError(f"{name} is '{text}'; set it to one of {', '.join(choices)}")
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
    searches = "search_backend" in arguments
    configuring = inspect.signature(read_form).parameters
    form = {name: arguments[FIELDS[name]] for name in configuring if FIELDS[name] in arguments}
    if not searches and form.pop("top_k", UNSET) != UNSET:
        positive("train_top_k", arguments["train_top_k"])
    read_form(**form)
    data_location(arguments["data_set"], arguments["data_files_uri"])
    if (store := arguments["run_store_uri"]) and "://" not in store:
        raise ConfigError(
            f"run_store_uri is '{store}', a folder, which the pods of a pipeline do not share; give gs://bucket/prefix"
        )
    for name in ("run_name", "score_history"):
        if arguments.get(name):
            check_run_name(arguments[name], name)
    if searches:
        _check_search(arguments)
    else:
        named_to_evaluate(arguments["architectures"], arguments["architectures_search_run"])


def _check_search(arguments: Mapping[str, Any]) -> None:
    check_backend(arguments["search_backend"])
    if arguments["katib_experiment_name"]:
        check_experiment_name(arguments["katib_experiment_name"])
    for field in ("katib_trial_workers", "katib_timeout_hours"):
        if arguments[field] < 0:
            raise ConfigError(f"{field} is {arguments[field]:g}; set it to a number from 0 on")
