"""What is told of an option's value that cannot be used: the value seen, and what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}
_BOUNDS = {
    "greater_than_equal": ("ge", "or more"),
    "less_than_equal": ("le", "or less"),
}


def explain_bad_values(command: Any) -> None:
    """Makes a command tell of bad values in these words instead of pydantic's, which Typer takes."""
    for parameter in command.params:
        parameter.process_value = _explained(parameter.process_value)


def _explained(process: Any) -> Any:
    def processed(ctx: Any, value: Any) -> Any:
        try:
            return process(ctx, value)
        except typer.BadParameter as error:
            found = getattr(error.__cause__, "errors", None)
            if found is not None:
                error.message = _sentence(found()[0])
            raise

    return processed


def _sentence(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in our words."""
    kind, context = str(error["type"]), error.get("ctx", {})
    if bound := _BOUNDS.get(kind):
        name, words = bound
        return f"{error['input']} is out of range; give {context[name]} {words}"
    if expected := _KINDS.get(kind.partition("_")[0]):
        return f"{error['input']!r} is not {expected}"
    return str(error["msg"]).removeprefix("Value error, ")
