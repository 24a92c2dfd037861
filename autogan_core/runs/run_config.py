"""The configuration that a run keeps in its folder of the run store, its identity and its classifier's recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from autogan_core.config import ADDED, Config, parse_stored, stored_fingerprint
from autogan_core.config.keys import flatten
from autogan_core.errors import ConfigError
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.storage import Format, RunStore, read_document, write_document

CONFIG_FILE = "config.json"
"""The file of the configuration in a run's folder."""
_IDENTITY = "identity"
_RECIPE = "classifier_recipe"


def _with_identity(content: Mapping[str, Any]) -> dict[str, Any]:
    """The first runs did not write their identity down; it was the settings' fingerprint."""
    return {**content, _IDENTITY: stored_fingerprint(content)}


def _with_recipe(content: Mapping[str, Any]) -> dict[str, Any]:
    """Nor the recipe of their classifier: it was the first, until settings were added that none of them knows."""
    return {**content, _RECIPE: 2 if ADDED.keys() & dict(flatten(content)).keys() else 1}


CONFIG_FORMAT = Format((_with_identity, _with_recipe))
"""Of that file."""


def stored_config(store: RunStore) -> Config | None:
    """Reads the configuration of the run in ``store``.

    Returns:
        The configuration; None when there is no run.

    Raises:
        StateError: it is damaged.
        NewerFormatError: a later version has written it.
        ConfigError: it is not one that this version understands.
    """
    stored = _stored(store)
    return None if stored is None else stored.config


def stored_identity(store: RunStore) -> str | None:
    """The identity of the run in ``store``, as it was written when the run was made. Returns and raises likewise."""
    stored = _stored(store)
    return None if stored is None else stored.identity


def stored_recipe(store: RunStore) -> int:
    """The recipe by which the classifier is trained that scores the run in ``store``; without a run, today's.

    Args:
        store: the run's own folder. If its run store holds inputs, the classifier is theirs, whatever is written here.

    Returns:
        A number of `RECIPES`.

    Raises:
        StateError: the configuration is damaged.
        NewerFormatError: a later version has written it.
        ConfigError: it is not one that this version understands.
    """
    stored = _stored(store)
    return RECIPE if stored is None else stored.recipe


def own_config(store: RunStore, config: Config) -> Config:
    """The configuration with the final scores' protocol of the run in ``store``, if there is one. Raises likewise."""
    stored = stored_config(store)
    return config if stored is None else config.under(stored.scores)


def keep_config(store: RunStore, config: Config) -> str:
    """Stores ``config`` as the run's configuration, unless it has one.

    Returns:
        The run's identity, which all its states carry.

    Raises:
        ConfigError: the run has another one; the message lists the differences, without settings that may change.
    """
    stored = _stored(store)
    if stored is None:
        identity = config.fingerprint()
        content = {_IDENTITY: identity, _RECIPE: RECIPE, **config.model_dump(mode="json")}
        write_document(store, CONFIG_FILE, content, CONFIG_FORMAT)
        return identity
    if differences := stored.config.differences(config):
        raise ConfigError(
            f"{store.location('').rstrip('/')} holds a run with other settings; choose another folder, or go back to "
            "its own:\n  " + "\n  ".join(differences)
        )
    return stored.identity


class _Stored(NamedTuple):
    config: Config
    identity: str
    recipe: int


def _stored(store: RunStore) -> _Stored | None:
    try:
        content = read_document(store, CONFIG_FILE, CONFIG_FORMAT)
    except FileNotFoundError:
        return None
    identity, recipe = str(content.pop(_IDENTITY)), int(content.pop(_RECIPE))
    return _Stored(parse_stored(content), identity, recipe)
