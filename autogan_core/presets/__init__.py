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

import yaml

from autogan_core.config import Config, known_settings, parse_config, unknown_setting
from autogan_core.errors import ConfigError


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
        overrides: ``section.key=value`` each, the value in YAML, or ``variant=name`` for all settings of one of
            `variant_names`; later ones win.
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


def _overridden(tree: dict[str, Any], overrides: Iterable[str], seed: int | None) -> Config:
    known = known_settings()
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator:
            raise ConfigError(f"--set takes section.key=value, not '{override}'")
        if key == "variant":
            _merge(tree, _read_variant(text.strip()))
            continue
        if key not in known:
            raise unknown_setting(key)
        _insert(tree, key.split("."), yaml.safe_load(text))
    if seed is not None:
        tree["seed"] = seed
    return parse_config(tree)


def command_for(config: Config) -> str:
    """The ``autogan run`` command line, without a folder, that gives this configuration."""
    preset = load_config(config.preset, seed=config.seed).flat()
    changed = [f"{key}={json.dumps(value)}" for key, value in config.flat().items() if value != preset.get(key)]
    sets = [part for override in changed for part in ("--set", override)]
    return shlex.join(["autogan", "run", "--preset", config.preset, "--seed", str(config.seed), *sets])


def _read_preset(preset: str) -> dict[str, Any]:
    path = Path(preset)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise ConfigError(f"there is no preset file '{preset}'")
        text = path.read_text()
    elif preset in preset_names():
        text = (resources.files(__name__) / f"{preset}.yaml").read_text()
    else:
        raise ConfigError(f"there is no preset '{preset}'; choose one of {', '.join(preset_names())}, or a .yaml file")
    tree = yaml.safe_load(text)
    if not isinstance(tree, dict):
        raise ConfigError(f"the preset '{preset}' must be a mapping of settings, not {type(tree).__name__}")
    return tree


def _read_variant(variant: str) -> dict[str, Any]:
    if variant not in variant_names():
        raise ConfigError(f"there is no variant '{variant}'; choose one of {', '.join(variant_names())}")
    tree: dict[str, Any] = yaml.safe_load((resources.files(__name__) / "variants" / f"{variant}.yaml").read_text())
    return tree


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
