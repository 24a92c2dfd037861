"""Settings files: YAML whose values are texts, since only a setting knows what its text means."""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from autogan_core.errors import ConfigError

MERGE = "tag:yaml.org,2002:merge"


class _TextLoader(yaml.SafeLoader):
    """Reads every plain word as text, but a lone ``~`` as null, and refuses a key that stands twice in a mapping."""

    yaml_implicit_resolvers = {
        letter: [(tag, pattern) for tag, pattern in resolvers if tag == MERGE or letter == "~"]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """See `yaml.SafeLoader`."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(None, None, "the name of a setting must be a word", key.start_mark)
            if key.tag != MERGE and key.value in seen:
                raise yaml.MarkedYAMLError(None, None, f"'{key.value}' stands twice; keep one", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_file(name: str) -> dict[str, Any]:
    """Reads a file of settings.

    Args:
        name: its path; ``~`` is the home folder.

    Returns:
        Nested mappings, with texts as values.

    Raises:
        ConfigError: there is none, it cannot be read, or it is no YAML of settings; the message says where.
    """
    path = Path(os.path.expanduser(name))
    if path.is_dir():
        raise ConfigError(f"the preset '{name}' is a folder; name a .yaml file in it")
    try:
        return read_text(path.read_bytes().decode("utf-8-sig"), name)
    except FileNotFoundError:
        raise ConfigError(f"there is no preset file '{name}'") from None
    except OSError as error:
        raise ConfigError(f"the preset '{name}' cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the preset '{name}' is no text: byte {error.start + 1} is not UTF-8; name a .yaml file of settings"
        ) from error


def read_text(text: str, name: str) -> dict[str, Any]:
    """The same for what such a file holds; ``name`` is for the message."""
    try:
        tree = yaml.load(text, _TextLoader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(f"the preset '{name}'{place}: {_problem(error, text)}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        raise ConfigError(
            f"the preset '{name}', line {line}, column {column}: the character {chr(error.character)!r} cannot stand "
            "in a text; name a .yaml file of settings"
        ) from error
    except RecursionError:
        raise ConfigError(f"the preset '{name}' is nested too deeply; settings are two or three levels deep") from None
    if not isinstance(tree, dict):
        seen = {list: "a list", type(None): "empty"}.get(type(tree), f"the text {tree!r:.40}")
        raise ConfigError(f"the preset '{name}' must be a mapping of settings, such as 'data:', not {seen}")
    return tree


def _problem(error: yaml.MarkedYAMLError, text: str) -> str:
    """PyYAML's words, but for the commonest mistakes, which it describes by what it expected."""
    mark, problem = error.problem_mark, error.problem or str(error)
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "the line begins with a tab; indent with blanks"
    if "mapping values are not allowed" in problem:
        return "a ':' cannot stand here; is the line indented as far as those above it?"
    if "expected <block end>" in problem:
        return "the line is not indented as far as those above it that belong to the same group"
    if "found another document" in problem:
        return "a second document begins here; keep one"
    return problem
