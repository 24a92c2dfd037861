"""Dotted names of settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from autogan_core.config.section import MayChange


def leaves(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """All settings of a section and of those in it, each with its name."""
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def changeable(section: type[BaseModel]) -> Iterator[tuple[str, MayChange]]:
    """The settings of a section and of those in it that may change in a run, each with its mark."""
    for name, field in leaves(section):
        yield from ((name, mark) for mark in field.metadata if isinstance(mark, MayChange))


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of nested settings, each with its name."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
