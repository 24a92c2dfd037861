"""Published results as tables, marked as such: nothing in them was measured here."""

from __future__ import annotations

from autogan_core.ablations.pages.finding import Table
from autogan_core.report.published import LATER_SEARCHES, PUBLISHED
from autogan_core.report.words import DATA_NAMES


def paper_table(data_name: str) -> Table:
    """The paper's Table 1 (CIFAR-10) or 2 (STL-10), with the source of each row; Table 1 for any other data."""
    shown = data_name if data_name in PUBLISHED else "cifar10"
    rows = tuple(
        (row.method, row.inception_score or "–", row.fid or "–", f"published: {row.source.text}")
        for row in PUBLISHED[shown]
    )
    note = "" if shown == data_name else " Other images and features than here: not comparable with the rows above."
    number = {"cifar10": 1, "stl10": 2}[shown]
    caption = f"Published on {DATA_NAMES[shown]}, as the paper's Table {number} collects it; protocols differ.{note}"
    return Table(("Method", "Inception score ↑", "FID ↓", "Source"), rows, caption)


def later_table() -> Table:
    """Searches for GAN architectures that came after the paper."""
    rows = tuple(
        (
            row.method,
            row.searches,
            *(f"{scores.inception_score or '–'} / {scores.fid or '–'}" for scores in (row.cifar10, row.stl10)),
            row.cost or "–",
            f"published: {row.source.text}",
        )
        for row in LATER_SEARCHES
    )
    caption = (
        "Published by searches since: Inception score / FID. Training budgets, widths and GPUs differ; a dash is a "
        "number that we have not seen in its source."
    )
    return Table(("Method", "Searches", "CIFAR-10", "STL-10", "Search cost", "Source"), rows, caption)
