"""Commands that are imported when they are run, so that ``--help`` of everything takes no library of theirs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from autogan_core.cli.bad_values import explain_bad_values


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command, known by where it is defined."""

    target: str
    """``module:attribute`` of a function, or of a `typer.Typer` with several."""
    help: str
    """What the list of commands says of it: the first sentence of its own help."""
    extra: str | None = None
    """The extra of the installation that brings its packages; None: it needs no more than the core."""

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """Imports the command's module and builds the command.

        Args:
            name: the name that users type.

        Returns:
            The command or group that Typer made, under ``name``.

        Raises:
            ImportError: it needs a package that is not installed.
        """
        module, _, attribute = self.target.partition(":")
        defined: typer.Typer | Callable[..., Any] = getattr(import_module(module), attribute)
        if not isinstance(defined, typer.Typer):
            function, defined = defined, typer.Typer(add_completion=False, rich_markup_mode=None)
            defined.command()(function)
        command = typer.main.get_command(defined)
        assert isinstance(command, TyperCommand | TyperGroup)
        command.name = name
        for each in _with_all_below(command):
            _expand_home(each)
            explain_bad_values(each)
        return command


def _with_all_below(command: Any) -> Iterator[Any]:
    """A command and, if it is a group, all commands in it."""
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _with_all_below(below)


def _expand_home(command: Any) -> None:
    """Makes ``--option=~/x`` mean what ``--option ~/x`` means to a shell."""
    if (callback := command.callback) is not None:
        command.callback = lambda **given: callback(**{name: _expanded(value) for name, value in given.items()})


def _expanded(value: Any) -> Any:
    return Path(os.path.expanduser(value)) if isinstance(value, Path) else value


class LazyGroup(TyperGroup):
    """A group whose commands are placeholders until one of them is run."""

    def __init__(self, commands: Mapping[str, LazyCommand], **options: Any) -> None:
        """Makes a group of commands that are imported when they are called.

        Args:
            commands: by name, in the order of the list.
            options: as of `TyperGroup`.
        """
        placeholders: dict[str, Any] = {
            name: TyperCommand(name, help=command.help) for name, command in commands.items()
        }
        super().__init__(commands=placeholders, rich_markup_mode=None, **options)
        self._lazy = commands

    def list_commands(self, ctx: Any) -> list[str]:
        """Names, in the order in which they were given."""
        return list(self._lazy)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the arguments name, imported."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, self._lazy[name].load(name) if name is not None else command, rest
