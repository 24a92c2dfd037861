"""Where on this machine things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from autogan_core.errors import ConfigError


def cache_folder() -> Path:
    """The folder of classifiers and reference statistics: $AUTOGAN_CACHE, else a folder in the user's cache.

    Returns:
        Its path; ``~`` is the home folder.

    Raises:
        ConfigError: neither is set, and the user has no home folder.
    """
    for variable, name in (("AUTOGAN_CACHE", ""), ("XDG_CACHE_HOME", "autogan")):
        if folder := os.environ.get(variable):
            return Path(os.path.expanduser(folder)) / name
    try:
        return Path.home() / ".cache" / "autogan"
    except RuntimeError as error:
        raise ConfigError(
            f"the user with the id {os.getuid()} has no home folder to keep classifiers and statistics in; set "
            "AUTOGAN_CACHE to a folder that can be written"
        ) from error
