"""From a preset's name and ``--set section.key=value`` to a configuration, and back to a command line.

A variant is a group of settings with one name, for any preset: ``--set variant=paper``. It is no setting itself; a
configuration knows only what it was set to.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from autogan_core.config import Config, known_settings, setting_from_text, typed, unknown_setting, validated
from autogan_core.config.keys import flatten
from autogan_core.config.values import NOTHING
from autogan_core.errors import ConfigError
from autogan_core.presets.reading import read_file, read_text

NAME = "preset"
"""The setting that holds the preset's name, which is no one's to set."""
FALLBACK = "cifar10"
"""Whose settings are the paper's."""


def preset_names() -> list[str]:
    """Names of the presets that ship with the package, sorted."""
    return _names(resources.files(__name__))


def variant_names() -> list[str]:
    """Names of the variants, sorted."""
    return _names(resources.files(__name__) / "variants")


def load_config(preset: str, overrides: Iterable[str] = (), *, seed: int | None = None) -> Config:
    """Loads a preset with overrides on top.

    Args:
        preset: a name from `preset_names`, or the path of a YAML file of the same form.
        overrides: ``section.key=value`` each, or ``variant=name`` for all settings of one of `variant_names`; later
            ones win. The setting says how its value is read: as a number, a list such as ``[1, 2]``, or as it stands.
        seed: replaces the preset's seed; None keeps it.

    Returns:
        The validated configuration.

    Raises:
        ConfigError: no such preset or variant, an unknown key (the message names the nearest one), or a bad value.
    """
    return _overridden({"preset": preset, **_read_preset(preset)}, overrides, seed)


def overridden(config: Config, overrides: Iterable[str] = (), *, seed: int | None = None) -> Config:
    """A configuration with overrides on top. Arguments and errors are those of `load_config`."""
    return _overridden(config.model_dump(mode="json"), overrides, seed)


def named_settings(preset: str | None, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """The settings that somebody names, and no defaults.

    Args:
        preset: as in `load_config`; None: none.
        overrides: likewise.

    Returns:
        JSON values by dotted names; whether they may have these values is not checked.

    Raises:
        ConfigError: no such preset or variant, or an unknown key.
    """
    tree: dict[str, Any] = {} if preset is None else _read_preset(preset)
    mistakes = _apply(tree, overrides)
    validated(Config, {NAME: FALLBACK, **_read_preset(FALLBACK)}, mistakes)
    return dict(flatten(tree))


def _overridden(tree: dict[str, Any], overrides: Iterable[str], seed: int | None) -> Config:
    mistakes = _apply(tree, overrides)
    if seed is not None:
        tree["seed"] = seed
    return validated(Config, tree, mistakes)


def _apply(tree: dict[str, Any], overrides: Iterable[str]) -> list[str]:
    """Puts overrides into nested values; returns what is wrong with those that are left out."""
    known, mistakes = known_settings(), list[str]()
    for override in overrides:
        key, separator, text = override.partition("=")
        key = key.strip()
        if not separator:
            raise ConfigError(f"--set takes section.key=value, not '{override}'")
        if key == "variant":
            _merge(tree, _read_variant(text.strip()))
        elif key == NAME:
            mistakes.append(
                f"--set cannot change '{NAME}', the name of what the settings start from; use --preset {text}"
            )
        elif key in known:
            _insert(tree, key.split("."), setting_from_text(key, text))
        else:
            mistakes.append(str(unknown_setting(key)))
    return mistakes


def command_for(config: Config) -> str:
    """The ``autogan run`` command line, without a folder, that gives this configuration.

    It has all settings that differ from the preset's. Those of a preset whose file is gone or has become another one
    are told against a preset that ships, so that a report can be written in any case.

    Returns:
        The command, quoted for a shell.
    """
    try:
        preset = load_config(config.preset, seed=config.seed)
    except ConfigError:
        preset = load_config(FALLBACK, seed=config.seed)
    start = preset.flat()
    changed = {key: value for key, value in config.flat().items() if key != NAME and value != start.get(key)}
    sets = [part for key, value in changed.items() for part in ("--set", f"{key}={setting_text(value)}")]
    return shlex.join(["autogan", "run", "--preset", preset.preset, "--seed", str(config.seed), *sets])


def setting_text(value: Any) -> str:
    """The text that ``--set`` reads as this JSON value."""
    plain = isinstance(value, str) and value.isprintable() and value == value.strip() and not value.startswith('"')
    plain = plain and value.lower() not in NOTHING
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _read_preset(preset: str) -> dict[str, Any]:
    if Path(preset).suffix.lower() in {".yaml", ".yml"}:
        tree = read_file(preset)
        if NAME in tree:
            raise ConfigError(
                f"the preset '{preset}' sets '{NAME}' to '{tree[NAME]}', but is known by its own file name and cannot "
                "build on another; remove that line"
            )
    elif preset in preset_names():
        tree = read_text((resources.files(__name__) / f"{preset}.yaml").read_text(), preset)
    else:
        raise ConfigError(f"there is no preset '{preset}'; choose one of {', '.join(preset_names())}, or a .yaml file")
    return typed(Config, tree)


def _read_variant(variant: str) -> dict[str, Any]:
    if variant not in variant_names():
        raise ConfigError(f"there is no variant '{variant}'; choose one of {', '.join(variant_names())}")
    text = (resources.files(__name__) / "variants" / f"{variant}.yaml").read_text()
    return typed(Config, read_text(text, variant))


def _names(folder: Traversable) -> list[str]:
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def _merge(tree: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, Mapping):
            _merge(tree.setdefault(key, {}), value)
        else:
            tree[key] = value


def _insert(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value
