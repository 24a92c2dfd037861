"""Reading plain YAML values that may have any shape, so that a check never fails on what it is to report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autogan_core.errors import ConfigError


def dig(tree: Any, *path: str) -> Any:
    """The value under nested keys; None where a key is missing or holds no mapping."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def mapping(tree: Any, *path: str) -> Mapping[str, Any]:
    """Like `dig`; empty where there is no mapping."""
    value = dig(tree, *path)
    return value if isinstance(value, Mapping) else {}


def items(tree: Any, *path: str) -> list[Mapping[str, Any]]:
    """The mappings in the list under nested keys; empty where there is no list."""
    value = dig(tree, *path)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def strings(tree: Any) -> list[str]:
    """Every string among the values of a tree, in order."""
    if isinstance(tree, str):
        return [tree]
    inner = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    return [text for value in inner for text in strings(value)]


def said(check: Callable[..., Any], *arguments: Any) -> Iterator[str]:
    """What a check that raises has to say about its arguments; nothing if all is well."""
    try:
        check(*arguments)
    except ConfigError as error:
        yield str(error)
