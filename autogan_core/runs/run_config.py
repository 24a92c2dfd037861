"""The configuration that a run keeps in its folder of the run store."""

from __future__ import annotations

from autogan_core.config import Config, parse_stored
from autogan_core.errors import ConfigError
from autogan_core.storage import RunStore, read_document, write_document

CONFIG_FILE = "config.json"
"""The file of the configuration in a run's folder."""


def stored_config(store: RunStore) -> Config | None:
    """Reads the configuration of the run in ``store``.

    Returns:
        The configuration; None when there is no run.

    Raises:
        StateError: it is damaged.
        ConfigError: it is not one that this version understands.
    """
    try:
        return parse_stored(read_document(store, CONFIG_FILE))
    except FileNotFoundError:
        return None


def keep_config(store: RunStore, config: Config) -> None:
    """Stores ``config`` as the run's configuration, unless it has one.

    Raises:
        ConfigError: the run has another one; the message lists the differences.
    """
    stored = stored_config(store)
    if stored is None:
        write_document(store, CONFIG_FILE, config.model_dump(mode="json"))
    elif differences := stored.differences(config):
        raise ConfigError(
            f"{store.location('').rstrip('/')} holds a run with other settings; choose another folder, or go back to "
            "its own:\n  " + "\n  ".join(differences)
        )
