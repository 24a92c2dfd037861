"""Commands in a process of their own, in which anything may be broken without harm to the tests."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from autogan_kubeflow.pipelines.cli.main import COMMANDS, main

ESCAPED = 99
"""Status of a command that an exception got out of."""


def leaves() -> Iterator[tuple[str, ...]]:
    """The words of every command that is no group."""

    def below(words: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
        commands = getattr(command, "commands", None)
        if commands is None:
            yield words
        for name, child in (commands or {}).items():
            yield from below((*words, name), child)

    for name, command in COMMANDS.items():
        yield from below((name,), command.load(name))


def outcome(arguments: list[str], prepare: Callable[[], None], encoding: str = "utf-8") -> tuple[int, str]:
    """Runs a command in a copy of this process, which has imported everything already.

    Args:
        arguments: behind ``autogan``.
        prepare: what happens in the copy before.
        encoding: of its standard output and error.

    Returns:
        The exit status, the negative number of a signal that ended it, and all that was printed.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on copies of processes with threads
        child = os.fork()
    if child == 0:
        status = ESCAPED
        try:
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            sys.stdout, sys.stderr = (
                open(number, "w", encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115
                for number, errors in ((1, "strict"), (2, "backslashreplace"))
            )
            sys.stdin = open(os.devnull)  # noqa: SIM115
            prepare()
            main(arguments)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    with open(reading, "rb") as pipe:
        printed = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), printed.decode(encoding, "backslashreplace")
