"""Where on this machine things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder of classifiers and reference statistics: $AUTOGAN_CACHE, else a folder in the user's cache."""
    if "AUTOGAN_CACHE" in os.environ:
        return Path(os.environ["AUTOGAN_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "autogan"
