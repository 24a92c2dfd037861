"""The configuration that a run keeps in its folder of the run store, and the run's identity."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autogan_core.config import ADDED, OWN_IMAGES, TOLD_BY_IMAGES, Config, parse_stored, stored_fingerprint
from autogan_core.config.keys import flatten
from autogan_core.errors import ConfigError, ConflictError
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.runs.folder.finding import CONFIG_FILE
from autogan_core.storage import Format, RunStore, read_document, seal

logger = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A run as it was made."""

    config: Config
    """The settings with which it was made; those that may change may have other values by now."""
    identity: str
    """What all its states carry."""
    recipe: int = RECIPE
    """By which the classifier is trained that scores it, a number of `RECIPES`. If its run store holds inputs, the
    classifier is theirs, whatever is written here."""


def made_run(store: RunStore) -> MadeRun | None:
    """Reads how the run in ``store`` was made.

    Returns:
        Settings, identity and recipe; None when there is no run.

    Raises:
        StateError: the configuration is damaged.
        NewerFormatError: a later version has written it.
        ConfigError: it is not one that this version understands.
    """
    try:
        content = read_document(store, CONFIG_FILE, CONFIG_FORMAT)
    except FileNotFoundError:
        return None
    identity, recipe = str(content.pop(_IDENTITY)), int(content.pop(_RECIPE))
    return MadeRun(parse_stored(content), identity, recipe)


def stored_config(store: RunStore) -> Config | None:
    """The configuration with which the run in ``store`` was made; None when there is none. Raises like `made_run`."""
    made = made_run(store)
    return None if made is None else made.config


def stored_identity(store: RunStore) -> str | None:
    """The identity of the run in ``store``; None when there is none. Raises like `made_run`."""
    made = made_run(store)
    return None if made is None else made.identity


def stored_recipe(store: RunStore) -> int:
    """The classifier's recipe of the run in ``store``; today's when there is no run. Raises like `made_run`."""
    made = made_run(store)
    return RECIPE if made is None else made.recipe


def own_config(store: RunStore, config: Config) -> Config:
    """The configuration with the protocol of the run in ``store``, if there is one. Raises like `made_run`."""
    stored = stored_config(store)
    return config if stored is None else config.under(stored.scores)


def keep_config(store: RunStore, config: Config) -> MadeRun:
    """Stores ``config`` as the run's configuration, unless it has one.

    Returns:
        The run as it was made, now or earlier.

    Raises:
        ConfigError: the run has another one; the message lists the differences, without settings that may change.
    """
    made = made_run(store)
    if made is None:
        made = MadeRun(config, config.fingerprint())
        content = {_IDENTITY: made.identity, _RECIPE: made.recipe, **config.model_dump(mode="json")}
        try:
            store.replace(CONFIG_FILE, seal(content, CONFIG_FORMAT), None)
        except ConflictError:  # another process has made a run here meanwhile
            return keep_config(store, config)
        return made
    _warn_of_other_reading(made.config, config)
    if differences := made.config.differences(config):
        raise ConfigError(
            f"{store.location('').rstrip('/')} holds a run with other settings; choose another folder, or go back to "
            "its own:\n  " + "\n  ".join(differences)
        )
    return made


def _warn_of_other_reading(made: Config, config: Config) -> None:
    """If the images are others now, the first state that is loaded will refuse them, and cannot say why."""
    mine, given = made.flat(), config.flat()
    changed = [f"{key}={mine[key]} (now {given[key]})" for key in sorted(TOLD_BY_IMAGES) if mine[key] != given[key]]
    if changed and made.data.name in OWN_IMAGES:
        logger.warning("the run was made with %s; if its images are refused, go back to that", ", ".join(changed))
