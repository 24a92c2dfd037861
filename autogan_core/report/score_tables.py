"""The tables of final scores, as text: for pages and for step pages alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autogan_core.metrics.protocols import Kind, bias_note, heading, joint_protocol, kinds_in
from autogan_core.report.results.results import CheckpointScores, RunResults
from autogan_core.report.words import score_text


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One line, as text."""

    label: str
    """``real images``, or a generator's rank."""
    checkpoint: str
    """Which, and after how many generator steps; "" for real images."""
    scores: tuple[str, ...]
    """One for each column of the table."""
    protocol: str
    """How they were measured."""


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """What was scored by one protocol."""

    heading: str
    """The protocol; "" in a run that knows but one."""
    columns: tuple[str, ...]
    """Names of the scores, with an arrow to where they are better."""
    rows: tuple[ScoreRow, ...]
    """The real images, then every generator's best and last checkpoint."""
    note: str
    """How to read a FID of few images; "" where there is none."""


def score_tables(results: RunResults) -> list[ScoreTable]:
    """One table for each protocol by which a run's generators have been scored, the one asked for last first."""
    if len(results.by_protocol) < 2:
        own = {generator.rank: (generator.best, generator.last) for generator in results.generators}
        return [_table("", results.real_scores, own)]
    return [_table(found.protocol, found.real_scores, found.generators) for found in results.by_protocol]


def _table(
    protocol: str,
    real_scores: dict[str, float],
    generators: Mapping[int, tuple[CheckpointScores, CheckpointScores]],
) -> ScoreTable:
    lines = [("real images", "", real_scores)] if real_scores else []
    for rank, checkpoints in generators.items():
        for name, checkpoint in zip(("best", "last"), checkpoints, strict=True):
            lines.append((str(rank), f"{name}, at {checkpoint.iteration:,}", checkpoint.scores))
    kinds = kinds_in(scores for *_, scores in lines)
    rows = tuple(_row(label, checkpoint, scores, kinds) for label, checkpoint, scores in lines)
    note = bias_note(scores for *_, scores in lines)
    return ScoreTable(protocol, tuple(map(heading, kinds)), rows, note)


def _row(label: str, checkpoint: str, scores: dict[str, float], kinds: tuple[Kind, ...]) -> ScoreRow:
    return ScoreRow(label, checkpoint, tuple(score_text(scores, kind) for kind in kinds), joint_protocol(scores))
