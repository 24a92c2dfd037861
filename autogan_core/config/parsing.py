"""Configurations from plain values, with errors that name the setting."""

from __future__ import annotations

import copy
import difflib
import functools
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from autogan_core.config.config import ADDED, Config, fingerprint_of
from autogan_core.config.keys import flatten, leaves
from autogan_core.config.section import Section
from autogan_core.errors import ConfigError

S = TypeVar("S", bound=Section)


def parse_config(tree: Mapping[str, Any]) -> Config:
    """Validates nested plain values, such as a stored ``config.json``.

    Returns:
        The configuration; missing settings have their defaults.

    Raises:
        ConfigError: an unknown key or a bad value; one sentence for the first of them.
    """
    return validated(Config, tree)


def parse_stored(tree: Mapping[str, Any]) -> Config:
    """Reads the configuration of a stored run.

    Settings that are newer than the run get the values that it ran with (`ADDED`). Raises like `parse_config`.

    Returns:
        The configuration, equal in results to the stored run's.
    """
    completed, known = copy.deepcopy(dict(tree)), dict(flatten(tree))
    for key in ADDED.keys() - known.keys():
        *sections, name = key.split(".")
        functools.reduce(lambda section, part: section.setdefault(part, {}), sections, completed)[name] = ADDED[key]
    return parse_config(completed)


def stored_fingerprint(tree: Mapping[str, Any]) -> str:
    """The fingerprint that a stored run's own version gave to its settings, none of which need be known by now."""
    return fingerprint_of(dict(flatten(tree)))


def validated(section: type[S], tree: Mapping[str, Any]) -> S:
    """A section, or the whole configuration, from nested plain values. Raises like `parse_config`."""
    try:
        return section.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise unknown_setting(key) from error
        seen = "" if isinstance(first["input"], Mapping | Section) else f", not {first['input']!r}"
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{key}: {message}{seen}" if key else message) from error


def known_settings() -> set[str]:
    """The dotted names of all settings."""
    return {name for name, _ in leaves(Config)}


def unknown_setting(key: str) -> ConfigError:
    """The error for a key that is no setting; it names the nearest one that is."""
    matches = difflib.get_close_matches(key, sorted(known_settings()), n=1, cutoff=0.4)
    hint = f"; did you mean '{matches[0]}'?" if matches else ""
    return ConfigError(f"there is no setting '{key}'{hint}")
