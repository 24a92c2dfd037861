"""How well generators draw each class, as a table's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autogan_core.metrics.class_scores import ClassScores


@dataclass(frozen=True, slots=True)
class ClassTable:
    """A line for each class, with the scores of every generator."""

    generators: tuple[int, ...]
    """Their ranks."""
    images: int
    """Drawn for each class, of each generator."""
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """A class and, for each generator, two scores: the share that the classifier recognises, and FID."""


def class_table(scored: Sequence[tuple[int, ClassScores | None]]) -> ClassTable | None:
    """Builds the table.

    Args:
        scored: ranks of generators, each with the scores of its best checkpoint.

    Returns:
        The table, its last line the means over all classes; None if no generator has classes.
    """
    found = [(rank, scores) for rank, scores in scored if scores is not None]
    if not found:
        return None
    names = found[0][1].names
    rows = [
        (name, tuple(text for _, scores in found for text in (_share(scores, label), _fid(scores.fid[label]))))
        for label, name in enumerate(names)
    ]
    means = tuple(text for _, scores in found for text in (_percent(scores.mean_accuracy), _fid(scores.mean_fid)))
    return ClassTable(tuple(rank for rank, _ in found), found[0][1].images, (*rows, ("all, on average", means)))


def _share(scores: ClassScores, label: int) -> str:
    return _percent(None if scores.accuracy is None else scores.accuracy[label])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _fid(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
