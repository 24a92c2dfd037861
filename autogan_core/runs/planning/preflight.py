"""What the last steps of a run need, checked before the first: hours lie between them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.presets import command_for
from autogan_core.report.results.results import PAGE
from autogan_core.runs.planning.disk_space import require_space

FOLDERS = ("progress", "retrain", "shared", "tensorboard", "trials")
FILES = (PAGE, "config.json", "decided.json", "history.jsonl", "metrics.jsonl", "seconds.json", "summary.json")
"""What a run keeps in its folder."""


def check_before(config: Config, folder: Path, cache: Path) -> None:
    """Checks all that can be known before a run begins, or goes on.

    The numbers of images and splits are the configuration's own to check. The images and what scores them are loaded
    before the first step in any case.

    Args:
        config: of the run.
        folder: the run's; it is made.
        cache: folder of classifiers and reference statistics; it is made.

    Raises:
        ConfigError: the folder holds something where the run needs another thing, or the disk has too little space.
        OSError: one of the folders cannot be written, or there is none for temporary files.
    """
    for place in (folder, cache):
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
    tempfile.gettempdir()
    for name in FOLDERS:
        if (folder / name).exists() and not (folder / name).is_dir():
            raise ConfigError(f"'{folder / name}' is a file, where the run keeps a folder; move it away")
    for name in FILES:
        if (folder / name).is_dir():
            raise ConfigError(f"'{folder / name}' is a folder, where the run writes a file; move it away")
        if (folder / name).exists() and not os.access(folder / name, os.W_OK):
            raise ConfigError(f"'{folder / name}' cannot be written, but the run has to; make it writable")
    require_space(config, folder, cache)
    command_for(config)
    try:
        import autogan_core.report.html  # noqa: F401
    except ValueError as error:  # matplotlib's, of a variable or file of the user's
        raise ConfigError(
            f"the report's figures cannot be drawn: {error}; unset MPLBACKEND, or mend matplotlibrc"
        ) from error
