"""Decisions about settings, each with its reason; what a person has given stands."""

from __future__ import annotations

import copy
import functools
import operator
from collections.abc import Iterator, Mapping
from typing import Any

from autogan_core.config import Config, parse_config
from autogan_core.presets import FALLBACK, load_config, setting_text
from autogan_core.report.results.decided import Decision

GIVEN = "given"
"""The reason of what the person chose."""


class Decisions:
    """Settings by their dotted names, in the order in which they were decided."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Takes what a person has chosen, as JSON values by dotted names."""
        self._given = dict(given)
        self._made: dict[str, Decision] = {
            setting: Decision(setting, value, GIVEN, given=True) for setting, value in given.items()
        }

    def decide(self, setting: str, value: Any, reason: str) -> Any:
        """Decides a setting, unless it is given. A later decision on the same setting replaces an earlier one.

        Args:
            setting: its dotted name.
            value: a JSON value.
            reason: a part of a sentence that can stand behind a colon.

        Returns:
            The value that holds: the given one, if there is one.
        """
        if setting in self._given:
            return self._given[setting]
        self._made[setting] = Decision(setting, value, reason)
        return value

    def given(self, setting: str) -> bool:
        """Whether the person has chosen this setting."""
        return setting in self._given

    def copy(self) -> Decisions:
        """The same decisions, to go on from in another way."""
        copied = Decisions(self._given)
        copied._made = dict(self._made)
        return copied

    def __iter__(self) -> Iterator[Decision]:
        return iter(self._made.values())

    def overrides(self) -> list[str]:
        """The decisions as ``--set`` takes them; `FALLBACK` is what they override."""
        return [f"{decision.setting}={setting_text(decision.value)}" for decision in self]

    def config(self) -> Config:
        """The configuration that they make.

        Returns:
            It, validated.

        Raises:
            ConfigError: what was given does not go together.
        """
        tree = copy.deepcopy(_start())
        for decision in self:
            *sections, name = decision.setting.split(".")
            functools.reduce(operator.getitem, sections, tree)[name] = decision.value
        return parse_config(tree)


@functools.cache
def _start() -> dict[str, Any]:
    """What the decisions override."""
    return load_config(FALLBACK).model_dump(mode="json")
