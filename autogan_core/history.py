"""The assignments of a search, and the records of their results.

A search's history is a sequence of `Record`; everything that the search knows is recomputed from it (`mlas`), so these
two types are all that a local run, a Katib trial and a pipeline step need to agree on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from autogan_core.search_space import Architecture

Phase = Literal["search", "derive"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The work of one trial."""

    slot: int
    """Place in the search's order, from 0."""
    stage: int
    """Search stage, from 0."""
    phase: Phase
    """``search``: train the shared GAN, then score. ``derive``: score only; the best become beams."""
    candidates: tuple[Architecture, ...]
    """Architectures to score; at least one, all of the same depth."""
    training: tuple[Architecture, ...] = ()
    """Architectures drawn from the policy to train the shared weights with; empty when deriving."""

    @property
    def depth(self) -> int:
        """Cells of the candidates, and so the size of the images that are trained on."""
        return self.candidates[0].depth

    def to_json(self) -> dict[str, Any]:
        """Plain values, architectures as compact text."""
        return {
            "slot": self.slot,
            "stage": self.stage,
            "phase": self.phase,
            "candidates": [str(a) for a in self.candidates],
            "training": [str(a) for a in self.training],
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Assignment:
        """The inverse of `to_json`.

        Returns:
            An assignment equal to the one that was stored.

        Raises:
            ConfigError: an architecture's text is malformed.
            KeyError: a field is missing.
        """
        return cls(
            slot=int(tree["slot"]),
            stage=int(tree["stage"]),
            phase="derive" if tree["phase"] == "derive" else "search",
            candidates=tuple(Architecture.parse(a) for a in tree["candidates"]),
            training=tuple(Architecture.parse(a) for a in tree["training"]),
        )


@dataclass(frozen=True, slots=True)
class Record:
    """The result of one assignment: rewards aligned with its candidates, or the reason of its failure."""

    assignment: Assignment
    rewards: tuple[float | None, ...] = ()
    """None where a candidate got no usable reward; empty when the trial failed."""
    failure: str | None = None
    """One sentence, when the trial failed."""
    reset: bool = False
    """Whether dynamic resetting ended this trial's training early."""

    @property
    def scored(self) -> list[tuple[Architecture, float]]:
        """Candidates that have a finite reward, in the assignment's order; none when the trial failed."""
        if self.failure is not None:
            return []
        pairs = zip(self.assignment.candidates, self.rewards, strict=False)
        return [(a, r) for a, r in pairs if r is not None and math.isfinite(r)]

    def to_json(self) -> dict[str, Any]:
        """Plain values; one line of ``history.jsonl``."""
        return {
            **self.assignment.to_json(),
            "rewards": list(self.rewards),
            "failure": self.failure,
            "reset": self.reset,
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Record:
        """The inverse of `to_json`."""
        return cls(
            assignment=Assignment.from_json(tree),
            rewards=tuple(tree["rewards"]),
            failure=tree["failure"],
            reset=bool(tree["reset"]),
        )
