"""What a person is told before a first run begins, and at its end."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Column, Table

from autogan_core.presets import setting_text
from autogan_core.report.results.decided import Decided
from autogan_core.report.words import duration

HEADLINES = (
    "model.bottom_width",
    "model.image_channels",
    "scores.features",
    "training.augmentation",
    "training.mirror",
    "retrain.generator_channels",
    "search.iterations",
    "search.shared_epochs",
    "retrain.generator_iterations",
    "retrain.incumbents",
    "scores.num_images",
)
"""Decisions that everybody wants to see; the others are told when asked for."""


def tell_findings(console: Console, sentences: Iterable[str]) -> None:
    """Prints what was found, a sentence a line."""
    console.print("What there is:")
    for sentence in sentences:
        console.print(f"  {sentence}")


def tell_decisions(console: Console, decided: Decided, *, everything: bool) -> None:
    """Prints what will be done and why: a table on a terminal, lines elsewhere.

    Args:
        console: where to.
        decided: the advice.
        everything: whether to show every setting, or the headlines and what was given.
    """
    shown = [d for d in decided.decisions if everything or d.given or d.setting in HEADLINES]
    hidden = len(decided.decisions) - len(shown)
    console.print("What will be done:")
    rows = [(f"  {decision.setting}={setting_text(decision.value)}", decision.reason) for decision in shown]
    if console.is_terminal:
        table = Table(Column(no_wrap=True), Column(overflow="fold"), box=None, show_header=False, padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*row)
        console.print(table)
    else:
        for setting, reason in rows:
            console.print(f"{setting}: {reason}")
    if hidden:
        console.print(f"  and {hidden} more settings, which --dry-run and the report tell with their reasons")


def announcement(decided: Decided, device: str) -> str:
    """One sentence on the time and memory that a run will take; ``device`` in words."""
    taken, allowed = decided.announced, 3600 * decided.hours
    late = "" if taken.seconds <= 1.05 * allowed else f", more than the {duration(allowed)} that were allowed"
    return f"expected: {taken.words} on {device}{late}"
