"""The configuration that a run keeps in its folder of the run store, and the run's identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autogan_core.config import Config, parse_stored, stored_fingerprint
from autogan_core.errors import ConfigError
from autogan_core.storage import Format, RunStore, read_document, write_document

CONFIG_FILE = "config.json"
"""The file of the configuration in a run's folder."""
_IDENTITY = "identity"


def _with_identity(content: Mapping[str, Any]) -> dict[str, Any]:
    """The first runs did not write their identity down; it was the settings' fingerprint."""
    return {**content, _IDENTITY: stored_fingerprint(content)}


CONFIG_FORMAT = Format((_with_identity,))
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
    return None if stored is None else stored[0]


def stored_identity(store: RunStore) -> str | None:
    """The identity of the run in ``store``, as it was written when the run was made. Returns and raises likewise."""
    stored = _stored(store)
    return None if stored is None else stored[1]


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
        write_document(store, CONFIG_FILE, {_IDENTITY: identity, **config.model_dump(mode="json")}, CONFIG_FORMAT)
        return identity
    settings, identity = stored
    if differences := settings.differences(config):
        raise ConfigError(
            f"{store.location('').rstrip('/')} holds a run with other settings; choose another folder, or go back to "
            "its own:\n  " + "\n  ".join(differences)
        )
    return identity


def _stored(store: RunStore) -> tuple[Config, str] | None:
    try:
        content = read_document(store, CONFIG_FILE, CONFIG_FORMAT)
    except FileNotFoundError:
        return None
    identity = str(content.pop(_IDENTITY))
    return parse_stored(content), identity
