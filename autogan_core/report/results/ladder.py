"""A pool's successive halving, as the report shows it. The driver fills these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autogan_core.search_space import Architecture


@dataclass(frozen=True)
class LadderEntry:
    """An architecture of the pool."""

    architecture: Architecture
    name: str
    """The name in the settings if there is one, else the compact text."""
    origin: str
    """``beam``, ``candidate``, ``incumbent`` or ``given``."""
    fids: tuple[float | None, ...]
    """Validation FID at the end of each rung that it entered; None where its training diverged or is under way."""
    outcome: str
    """``finalist``, ``under way``, ``fell out`` or ``diverged``."""
    reason: str | None
    """Why its training diverged."""
    curve: tuple[tuple[int, float], ...]
    """Generator steps and FID of every validation, first to last."""

    @property
    def finalist(self) -> bool:
        """Whether it was trained to the end and is among the best there."""
        return self.outcome == "finalist"

    @property
    def fate(self) -> str:
        """The outcome, with the rung (from 1) in which it came."""
        return self.outcome if self.finalist else f"{self.outcome} in rung {len(self.fids)}"


@dataclass(frozen=True)
class LadderResult:
    """The halving of a whole pool."""

    iterations: tuple[int, ...]
    """Generator steps at the end of each rung."""
    entries: tuple[LadderEntry, ...]
    """Finalists first, best first; then the others by how far they came."""
    spent: Mapping[str, int]
    """``discriminator_steps``, ``generator_steps`` and ``scored_images`` of all trainings so far, and of the finalists'
    final scores."""
    without: Mapping[str, int]
    """The same for training as many of the best beams to the end as there are finalists."""

    @property
    def finalists(self) -> tuple[Architecture, ...]:
        """Best first; empty while the halving is under way."""
        return tuple(entry.architecture for entry in self.entries if entry.finalist)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for ``summary.json``."""
        return {
            "rung_iterations": list(self.iterations),
            "entrants": [
                {
                    "architecture": str(entry.architecture),
                    "name": entry.name,
                    "origin": entry.origin,
                    "outcome": entry.outcome,
                    "rung": len(entry.fids),
                    "fids": list(entry.fids),
                    "reason": entry.reason,
                }
                for entry in self.entries
            ],
            "cost": dict(self.spent),
            "cost_without_halving": dict(self.without),
        }


def cost_text(cost: Mapping[str, int]) -> str:
    """Describes a cost in words."""
    return (
        f"{cost['discriminator_steps']:,} discriminator and {cost['generator_steps']:,} generator steps, "
        f"{cost['scored_images']:,} images scored"
    )
