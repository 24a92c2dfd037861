"""A pipeline's form on the command line: ``--param name=value``, checked before anything is started or sent."""

from __future__ import annotations

import difflib
import inspect
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.manifest_checks.tree import dig
from autogan_kubeflow.components.pipeline_run.checks import check_evaluated, check_run
from autogan_kubeflow.components.pipeline_run.form import (
    FIELDS,
    MOST_EXACT,
    UNSET,
    check_run_name,
    positive,
    read_form,
    refused_choice,
)
from autogan_kubeflow.pipelines.catalogue import compiled

MOST_BYTES = 64 << 10
"""Of all that is given. Kubeflow hands a step its parameters, escaped, in one word of its command line, of which the
kernel takes 128 KiB."""
_FORM = tuple(inspect.signature(read_form).parameters)
_KATIB = {
    "namespace": "katib_namespace",
    "name": "katib_experiment_name",
    "workers": "katib_trial_workers",
    "timeout_hours": "katib_timeout_hours",
}


def read_arguments(
    pipeline: str, given: Sequence[str], file: Path | None = None, *, remote: bool = True
) -> dict[str, Any]:
    """The arguments that ``name=value`` texts give.

    Args:
        pipeline: its name.
        given: one ``name=value`` each; later ones win.
        file: the compiled pipeline, if it is not the committed one.
        remote: whether pods will do the work, and this machine's files are out of their reach.

    Returns:
        Only what was given, each value of its parameter's type.

    Raises:
        ConfigError: an unknown name, a value of another type, or one that means nothing.
    """
    document = _document(file or compiled(pipeline))
    known: dict[str, dict[str, Any]] = document["root"]["inputDefinitions"]["parameters"]
    arguments: dict[str, Any] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator:
            raise ConfigError(f"--param takes name=value, not '{text}'")
        if name not in known:
            raise ConfigError(f"{pipeline} has no parameter '{name}'{_hint(name, known)}")
        arguments[name] = _typed(name, value, known[name])
    defaults = {name: definition.get("defaultValue") for name, definition in known.items()}
    size = len(json.dumps(arguments).encode())
    if size > MOST_BYTES:
        raise ConfigError(
            f"the parameters have {size:,} bytes together, but a step takes at most {MOST_BYTES:,}; shorten "
            "settings_overrides or architectures"
        )
    complete = {**{name: _whole(value) for name, value in defaults.items()}, **arguments}
    _check(complete, _room(document), remote)
    return arguments


def read_parameters(path: Path) -> dict[str, dict[str, Any]]:
    """Reads the definitions of a compiled pipeline's parameters.

    Returns:
        Type, default, description and choices by parameter.

    Raises:
        ConfigError: the file is no compiled pipeline.
    """
    parameters: dict[str, dict[str, Any]] = _document(path)["root"]["inputDefinitions"]["parameters"]
    return parameters


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = next(yaml.safe_load_all(path.read_text()))
        if dig(document, "root", "inputDefinitions", "parameters") is None:
            raise KeyError("root")
    except (OSError, yaml.YAMLError, StopIteration, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is no compiled pipeline ({type(error).__name__}); make one with 'autogan pipeline compile'"
        ) from error
    return document


def _hint(name: str, known: Mapping[str, Any]) -> str:
    """Which field was meant: the one that the steps call so, as the form itself did once, or one of like spelling."""
    near = [FIELDS[name]] if FIELDS.get(name) in known else difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(known)}"


def _typed(name: str, text: str, definition: Mapping[str, Any]) -> Any:
    kind, choices = definition["parameterType"], definition.get("literals")
    if kind == "STRING":
        if choices and text not in choices:
            raise ConfigError(refused_choice(name, text, choices))
        return text
    words, read = _KINDS[kind]
    try:
        value = read(text.strip())
    except (ValueError, KeyError):
        raise ConfigError(f"{name} is '{text}'; set it to {words}") from None
    if not isinstance(value, bool) and abs(value) > MOST_EXACT:
        raise ConfigError(f"{name} is '{text}'; set it to {words}, at most {MOST_EXACT}")
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(text)
    return int(text)


_KINDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "NUMBER_INTEGER": ("a whole number", _integer),
    "NUMBER_DOUBLE": ("a number", _number),
    "BOOLEAN": ("true or false", _truth),
}
"""Type of a parameter -> what it is in words, and how its text is read."""


def _whole(value: Any) -> Any:
    """Compiled defaults are floats even where the parameter is a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check(arguments: Mapping[str, Any], max_rungs: int | None, remote: bool) -> None:
    """Raises ConfigError for the first value that a step would refuse."""
    searches = "search_backend" in arguments
    form = {name: arguments[FIELDS[name]] for name in _FORM if FIELDS[name] in arguments}
    if not searches and form.pop("top_k", UNSET) != UNSET:
        positive("train_top_k", arguments["train_top_k"])
    katib = {name: arguments[field] for name, field in _KATIB.items() if searches}
    if arguments.get("score_history"):
        check_run_name(arguments["score_history"], "score_history")
    config = check_run(
        {"dataset": "", **form},
        data_uri=arguments["data_files_uri"],
        name=arguments["run_name"],
        backend=arguments["search_backend"] if searches else "local",
        katib=katib,
        store=arguments["run_store_uri"],
        max_rungs=max_rungs,
        remote=remote,
    )
    if not searches:
        names, search_run = arguments["architectures"], arguments["architectures_search_run"]
        check_evaluated(config, names, search_run, max_rungs, remote=remote)


def _room(document: Mapping[str, Any]) -> int | None:
    """How many rungs a compiled pipeline has room for: a constant of its first step."""
    for part in (document["root"], *document.get("components", {}).values()):
        task = part.get("dag", {}).get("tasks", {}).get("prepare-data", {})
        constant = dig(task, "inputs", "parameters", "max_rungs", "runtimeValue", "constant")
        if constant is not None:
            return int(constant)
    return None
