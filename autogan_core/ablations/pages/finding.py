"""The finding of an ablation, ready to be shown: every number is measured, and has its protocol beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SAMPLES_CAPTION = (
    "Uncurated samples: real images, and each contender's best checkpoint on the first seed on which it has one."
)
"""Stands below `Finding.samples`."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain text."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    """What is counted, and by which protocol."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One ablation's outcome."""

    name: str
    """The ablation's name on the command line, such as ``mlas-vs-slas``."""
    title: str
    """A heading."""
    paper: str
    """What the paper found, and where: a sentence or two."""
    here: str
    """What was found here: a paragraph. It claims only differences that the intervals support."""
    figure: str
    """One ``<svg>`` element; empty when there is nothing to draw."""
    caption: str
    """What the figure shows, and its protocol: images, splits, features, seeds, what the intervals are."""
    command: str
    """The command line that repeats it."""
    tables: tuple[Table, ...] = ()
    samples: str = ""
    """One ``<svg>`` element with images of the generators; empty when there are none to show."""
    data: dict[str, Any] = field(default_factory=dict)
    """The raw numbers behind it all, as JSON values."""
