"""What the search preferred: the policy's choices over time, and the paper's four observations (section 4.1) tested.

Every test asks whether a count differs from what uniform choices would give. It speaks about one run: neither the
draws of one policy nor the beams of one search say what another seed would have found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import binomtest

from autogan_core.history import Record
from autogan_core.operations import FAMILIES
from autogan_core.search_space import Architecture, Cell, CellSpace, SearchSpace

Source = Literal["beams", "policy"]
LEVEL = 0.05
"""Significance level of each test; they are not corrected for being eight."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One of the paper's observations, counted in one place of this run."""

    claim: str
    """What the paper saw."""
    source: Source
    """``beams``: the different cells of the final beams. ``policy``: each stage's last draws of its own cell."""
    count: int
    """Choices as the paper saw them."""
    total: int
    """Choices in all, where the search space left one."""
    uniform: float
    """Expected share under uniform choices; NaN when ``total`` is 0."""
    p_value: float
    """Two-sided binomial test of ``count`` against ``uniform``; 1 when ``total`` is 0."""

    @property
    def verdict(self) -> str:
        """The result in words; nothing is claimed unless the test rejects uniform choices at `LEVEL`."""
        if self.total == 0:
            return "nothing to count"
        if self.p_value >= LEVEL:
            return "too few to tell"
        return "as in the paper" if self.count > self.uniform * self.total else "the opposite"


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a cell may choose."""

    words: str
    """What it is."""
    hits: Callable[[Cell], Sequence[bool]]
    """Whether a cell makes it; once for each place where it could."""
    rates: Callable[[CellSpace], Sequence[float]]
    """The choice's share under uniform choices, for each such place."""

    def trials(self, cells: Iterable[tuple[int, Cell]], space: SearchSpace) -> list[tuple[bool, float]]:
        """Compares cells with uniform draws, wherever the search space leaves a choice.

        Args:
            cells: each with its place in the architecture, from 0.
            space: what could be chosen.

        Returns:
            Pairs: whether the cell makes the choice, and the choice's probability in (0, 1) under uniform draws.
        """
        return [
            (hit, rate)
            for place, cell in cells
            for hit, rate in zip(self.hits(cell), self.rates(space.cells[place]), strict=True)
            if 0 < rate < 1
        ]


_CLAIMS = (
    Choice(
        "pre-activation over post-activation",
        lambda cell: [cell.conv == "pre"],
        lambda space: [space.convs.count("pre") / len(space.convs)],
    ),
    Choice(
        "nearest or bilinear over deconvolution",
        lambda cell: [cell.up != "deconv"],
        lambda space: [1 - space.ups.count("deconv") / len(space.ups)],
    ),
    Choice(
        "no normalisation over batch or instance norm",
        lambda cell: [cell.norm == "none"],
        lambda space: [space.norms.count("none") / len(space.norms)],
    ),
    Choice(
        "skips from earlier cells over none",
        lambda cell: cell.skips,
        lambda space: [bits.count(True) / len(bits) for bits in space.skips],
    ),
)


def choice_shares(cells: Sequence[Cell]) -> dict[str, float]:
    """Computes how often cells make each choice.

    Args:
        cells: at least one.

    Returns:
        Shares in [0, 1] by choice: ``pre``, operations by their kind and word, such as ``norm bn``, ``shortcut``, and
        ``skip N`` for each earlier cell N. Operations that the paper does not have are there if a cell has them.
    """
    counts = Counter(word for cell in cells for word in _words(cell))
    chosen = [
        f"{family.name} {word}"
        for family in FAMILIES
        for word, operation in family.items()
        if operation.paper or counts[f"{family.name} {word}"]
    ]
    names = ["pre", *chosen, "shortcut", *(f"skip {i + 1}" for i in range(len(cells[0].skips)))]
    return {name: counts[name] / len(cells) for name in names}


def drawn_cells(record: Record) -> list[Cell]:
    """The last cell of every architecture that the policy drew for training in one iteration.

    Returns:
        The cells that the stage searches, in the order of the draws; of a stage that searches all cells at once, the
        last.
    """
    return [architecture.cells[-1] for architecture in record.assignment.training]


def observe(records: Iterable[Record], beams: Iterable[Architecture], space: SearchSpace) -> tuple[Observation, ...]:
    """Tests the paper's four observations on the beams and on the last draws of every stage's policy.

    Beams share their lower cells, so a cell counts once for each different lower part, not once for each beam.

    Args:
        records: in the order of their slots.
        beams: of the last stage.
        space: what the uniform rates are taken from.

    Returns:
        Two observations for each claim: in the beams, then in the policy.
    """
    final = {record.assignment.depth: drawn_cells(record) for record in records if record.assignment.training}
    policy = [(depth - 1, cell) for depth, cells in final.items() for cell in cells]
    prefixes = {architecture.prefix(depth + 1) for architecture in beams for depth in range(architecture.depth)}
    found = [(prefix.depth - 1, prefix.cells[-1]) for prefix in sorted(prefixes)]
    places: tuple[tuple[Source, list[tuple[int, Cell]]], ...] = (("beams", found), ("policy", policy))
    return tuple(_count(claim, source, cells, space) for claim in _CLAIMS for source, cells in places)


def _count(claim: Choice, source: Source, cells: Iterable[tuple[int, Cell]], space: SearchSpace) -> Observation:
    trials = claim.trials(cells, space)
    count, total = sum(hit for hit, _ in trials), len(trials)
    if not total:
        return Observation(claim.words, source, 0, 0, float("nan"), 1.0)
    uniform = float(np.mean([rate for _, rate in trials]))
    return Observation(claim.words, source, count, total, uniform, float(binomtest(count, total, uniform).pvalue))


def _words(cell: Cell) -> Iterable[str]:
    yield cell.conv
    yield from (f"{family.name} {getattr(cell, family.name)}" for family in FAMILIES)
    if cell.shortcut:
        yield "shortcut"
    yield from (f"skip {source + 1}" for source in cell.sources)
