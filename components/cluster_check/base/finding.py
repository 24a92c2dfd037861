"""The result of a check: one row of the table, the command that mends it and, where it is ours to do, the repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """The verdict on one thing."""

    ok = "ok"
    note = "note"
    """Worth knowing, and nothing to do."""
    warning = "warning"
    """Works, or works for some; look at it."""
    missing = "missing"
    """Nothing works until it is mended."""
    unknown = "not seen"
    """The user may not look."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that is ours to make."""

    words: str
    """What it does, as an order: ``label the namespace ...``."""
    apply: Callable[[], object]
    """Makes it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a check's report."""

    subject: str
    """What was looked at."""
    verdict: Verdict
    seen: str
    """What is there."""
    remedy: tuple[str, ...] = ()
    """Commands, one a line, and sentences as a shell's comments; empty where there is nothing to do."""
    repair: Repair | None = field(default=None, compare=False)
    """What ``--fix`` does about it; None: it is not ours to do."""


def ok(subject: str, seen: str) -> Finding:
    """A finding that is fine."""
    return Finding(subject, Verdict.ok, seen)


def note(subject: str, seen: str, *remedy: str, repair: Repair | None = None) -> Finding:
    """A finding that is worth knowing."""
    return Finding(subject, Verdict.note, seen, remedy, repair)


def warning(subject: str, seen: str, *remedy: str, repair: Repair | None = None) -> Finding:
    """Works, or works for some."""
    return Finding(subject, Verdict.warning, seen, remedy, repair)


def missing(subject: str, seen: str, *remedy: str, repair: Repair | None = None) -> Finding:
    """A finding that has to be mended."""
    return Finding(subject, Verdict.missing, seen, remedy, repair)


def unknown(subject: str, seen: str, *remedy: str) -> Finding:
    """Not seen for want of rights."""
    return Finding(subject, Verdict.unknown, seen, remedy)
