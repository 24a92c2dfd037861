"""Settings of every component from its environment: configuration, run store, cache, device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autogan_core.config import Config
from autogan_core.presets import load_config, preset_names

Preset = Annotated[
    str,
    typer.Option(envvar="AUTOGAN_PRESET", help=f"{', '.join(preset_names())}, or a .yaml file of the same form."),
]
Overrides = Annotated[
    str,
    typer.Option(
        "--set", envvar="AUTOGAN_SET", metavar="LINES", help="Settings to change, one section.key=value a line."
    ),
]
Store = Annotated[
    str,
    typer.Option(envvar="AUTOGAN_STORE", help="The run store: gs://bucket/prefix, or a folder.", show_default=False),
]
Cache = Annotated[Path, typer.Option(envvar="AUTOGAN_CACHE", help="Folder for what is read from a bucket.")]
Device = Annotated[
    str, typer.Option(envvar="AUTOGAN_DEVICE", help="auto, cpu or cuda. Auto takes a GPU if there is one.")
]
LogLevel = Annotated[str, typer.Option(envvar="AUTOGAN_LOG_LEVEL", help="debug, info, warning or error.")]

DEFAULT_CACHE = Path("/cache")


def read_config(preset: str, overrides: str) -> Config:
    """Reads the configuration from ``--preset`` and ``--set``.

    Returns:
        The validated configuration.

    Raises:
        ConfigError: an unknown preset or setting, or a bad value.
    """
    return load_config(preset, [line.strip() for line in overrides.splitlines() if line.strip()])
