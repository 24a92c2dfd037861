"""Configurations from plain values, with errors that name the setting."""

from __future__ import annotations

import copy
import difflib
import functools
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from autogan_core.config.config import ADDED, Config, fingerprint_of
from autogan_core.config.keys import flatten, leaves
from autogan_core.config.section import STORED, Section
from autogan_core.config.values import NOTHING, allowed, from_plain, from_text
from autogan_core.errors import ConfigError

S = TypeVar("S", bound=Section)


def parse_config(tree: Mapping[str, Any]) -> Config:
    """Validates nested plain values, such as a stored ``config.json``.

    Returns:
        The configuration; missing settings have their defaults.

    Raises:
        ConfigError: an unknown key or a bad value; a sentence for each of them.
    """
    return validated(Config, tree)


def parse_stored(tree: Mapping[str, Any]) -> Config:
    """Reads the configuration of a stored run.

    Settings that are newer than the run get the values that it ran with (`ADDED`), and ranges that are narrower by now
    do not hold.

    Returns:
        The configuration, equal in results to the stored run's.

    Raises:
        ConfigError: an unknown key or a value of another type; a sentence for each of them.
    """
    completed, known = copy.deepcopy(dict(tree)), dict(flatten(tree))
    for key in ADDED.keys() - known.keys():
        *sections, name = key.split(".")
        functools.reduce(lambda section, part: section.setdefault(part, {}), sections, completed)[name] = ADDED[key]
    return validated(Config, completed, context=STORED)


def stored_fingerprint(tree: Mapping[str, Any]) -> str:
    """The fingerprint that a stored run's own version gave to its settings, none of which need be known by now."""
    return fingerprint_of(dict(flatten(tree)))


def validated(
    section: type[S], tree: Mapping[str, Any], mistakes: Iterable[str] = (), context: Mapping[str, Any] | None = None
) -> S:
    """Makes a section, or the whole configuration, of nested plain values.

    Args:
        section: which one.
        tree: the values.
        mistakes: what has been found wrong already, to be told together with what is wrong here.
        context: `STORED` for what a stored run has; None for what somebody asks for.

    Returns:
        The section; missing settings have their defaults.

    Raises:
        ConfigError: an unknown key or a bad value; a sentence for each of them.
    """
    found = list(mistakes)
    try:
        made = section.model_validate(tree, context=context)
    except ValidationError as error:
        found += [_sentence(section, tree, each) for each in error.errors()]
    if not found:
        return made
    found = list(dict.fromkeys(found))
    raise ConfigError(found[0] if len(found) == 1 else "\n  ".join([f"{len(found)} settings cannot be used:", *found]))


def typed(section: type[Section], tree: Mapping[str, Any]) -> dict[str, Any]:
    """Nested texts, as a file has them, as values of the settings' types; what is no setting stays as it is."""
    fields = section.model_fields
    return {key: _typed(fields[key].annotation, value) if key in fields else value for key, value in tree.items()}


def _typed(annotation: Any, value: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        if isinstance(value, str) and value.strip().lower() in NOTHING:
            return {}  # "search:" with nothing, or only comments, below it
        return typed(annotation, value) if isinstance(value, Mapping) else value
    return from_plain(annotation, value)


def setting_from_text(key: str, text: str) -> Any:
    """The plain value that a text is for the setting of this dotted name, which must exist: see `from_text`."""
    return from_text(dict(leaves(Config))[key].annotation, text)


def _sentence(section: type[Section], tree: Mapping[str, Any], error: ErrorDetails) -> str:
    """One of pydantic's errors in our words."""
    location, fields = [str(part) for part in error["loc"]], dict(leaves(section))
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        return str(unknown_setting(key))
    if error["type"] == "value_error":
        message = error["msg"].removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    # An error within a list is told for the whole setting.
    prefixes = (".".join(location[:end]) for end in range(len(location), 0, -1))
    name = next((prefix for prefix in prefixes if prefix in fields), None)
    if name is None:
        within = next((field for field in fields if field.startswith(f"{key}.")), "data.name")
        if error["type"] == "missing":
            return f"{within} is missing; set it to {allowed(fields[within].annotation, fields[within].metadata)}"
        return f"{key or 'the configuration'} is {error['input']!r}; it is a group of settings, such as {within}"
    words = allowed(fields[name].annotation, fields[name].metadata)
    if error["type"] == "missing" and name == key:
        return f"{name} is missing; set it to {words}"
    seen = functools.reduce(lambda part, key: part[key], name.split("."), tree)
    return f"{name} is {seen!r}; set it to {words}"


def known_settings() -> set[str]:
    """The dotted names of all settings."""
    return {name for name, _ in leaves(Config)}


def unknown_setting(key: str) -> ConfigError:
    """The error for a key that is no setting; it names the nearest one that is."""
    matches = difflib.get_close_matches(key, sorted(known_settings()), n=1, cutoff=0.4)
    hint = f"; did you mean '{matches[0]}'?" if matches else ""
    return ConfigError(f"there is no setting '{key}'{hint}")
