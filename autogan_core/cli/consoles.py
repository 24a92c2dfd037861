"""Consoles that print what they are given: a path with brackets in it is no markup, and a long line is not broken."""

from __future__ import annotations

import sys
from typing import IO

from rich.console import Console


def console(*, stderr: bool = False, file: IO[str] | None = None) -> Console:
    """Opens a console for text of people's, such as paths.

    Args:
        stderr: whether it writes to standard error.
        file: where else it writes; None: to standard output.

    Returns:
        The console, without markup, emoji codes and highlighting.
    """
    return Console(stderr=stderr, file=file, soft_wrap=True, markup=False, emoji=False, highlight=False)


def escape_what_cannot_be_written() -> None:
    """Makes standard output write a letter that its encoding lacks as an escape, as standard error does."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")
