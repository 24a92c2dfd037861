"""The words that pages share: names, times, architectures and scores as text."""

from __future__ import annotations

from autogan_core.metrics.protocols import Kind, find_score
from autogan_core.report.figures.diagram import choices_text
from autogan_core.search_space import Architecture, Cell

DATA_NAMES = {"digits": "digits", "fashion-mnist": "Fashion-MNIST", "cifar10": "CIFAR-10", "stl10": "STL-10"}
"""Names of data sets in headings, by ``data.name``."""


def duration(seconds: float) -> str:
    """A wall time to two units, such as ``2 h 05 min``."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"


def in_words(architecture: Architecture) -> str:
    """An architecture, cell by cell, in a sentence's words."""
    cells = [f"cell {i}: {_cell_words(cell)}" for i, cell in enumerate(architecture.cells, start=1)]
    return "; ".join([*cells, *map(str, architecture.discriminator)])


def _cell_words(cell: Cell) -> str:
    shortcut = ["shortcut"] if cell.shortcut else []
    return ", ".join([choices_text(cell), *shortcut, *(f"skip from cell {i + 1}" for i in cell.sources)])


def score_text(scores: dict[str, float], kind: Kind) -> str:
    """The score of a kind as a table shows it; a dash when there is none."""
    score = find_score(scores, kind)
    return score.text if score else "–"
